//! The resource-service program.

use std::process::ExitCode;

use clap::Parser;
use resource_service::Arguments;

#[actix_web::main]
async fn main() -> ExitCode {
    Arguments::parse().run().await
}
