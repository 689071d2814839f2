//! The auth-service program.

use std::process::ExitCode;

use auth_service::Arguments;
use clap::Parser;

#[actix_web::main]
async fn main() -> ExitCode {
    Arguments::parse().run().await
}
