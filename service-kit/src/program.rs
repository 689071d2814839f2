//! Runs a program and sets its exit code.

use std::{
    io::{self, Write},
    process::{self, ExitCode},
};

use crate::start_error::StartError;

/// Runs a service and ends the process. The exit code is 0 on success, 1 on failure, or 2 if the service could not be built; the
/// reason is printed to standard error.
///
/// The process ends here: the runtime would wait for threads that wait for a database which does not respond.
pub async fn run_program<A>(built: Result<A, StartError>, run: impl AsyncFnOnce(A) -> io::Result<()>) -> ExitCode {
    match built {
        Ok(app) => {
            let done = run(app).await;
            if let Err(error) = &done {
                log::error!("{error}");
            }
            process::exit(i32::from(done.is_err()))
        }
        Err(error) => {
            // If standard error is closed, it cannot be reported.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(StartError::EXIT_CODE)
        }
    }
}
