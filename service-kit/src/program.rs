//! Runs a program and sets its exit code.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::start_error::StartError;

/// Runs a service and ends the process. The exit code is 0 on success, 1 on failure, or 2 if the service could not be built; the
/// reason is printed to standard error.
///
/// Threads that wait for a database that does not respond do not keep the process from ending.
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
            // If standard error is closed, it cannot be reported.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(StartError::EXIT_CODE)
        }
    }
}
