//! The auth-service program.

use std::process::ExitCode;

use auth_service::Arguments;
use clap::Parser;
use env_logger::Env;

#[actix_web::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = if arguments.serves() { "info" } else { "warn" };
    env_logger::Builder::from_env(Env::default().default_filter_or(level)).init();
    arguments.run().await
}
