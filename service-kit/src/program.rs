//! How every program runs and exits.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::start_error::StartError;

/// Runs what was built. The exit code is 0 after a clean end, 1 after a failure, 2 if it could not be built; why not
/// goes to the standard error.
pub async fn run_program<A>(built: Result<A, StartError>, run: impl AsyncFnOnce(A) -> io::Result<()>) -> ExitCode {
    match built {
        Ok(app) => match run(app).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                log::error!("{error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            // Without a standard error there is nowhere to report it.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(StartError::EXIT_CODE)
        }
    }
}
