//! The resource-service program.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use resource_service::{App, Config};
use service_kit::{HealthCheck, init_log, run_program};

const SETTINGS_HELP: &str = "\
Settings are read from a TOML file and from environment variables, which take precedence: RESOURCE__LISTEN,
RESOURCE__ISSUER, RESOURCE__PUBLIC_KEY and others, see README.md. By default, the service listens on 127.0.0.1:5001 and
accepts tokens of http://localhost:5000. RUST_LOG sets the log level (`info` by default), RESOURCE__LOG__FORMAT the format
(`plain` or `json`), RESOURCE__LOG__ACCESS which requests are in the access log (`off`, `errors` or `all`).";

/// Verifies access tokens and serves the protected routes. Without a command, it serves; any number of replicas can run.
#[derive(Parser)]
#[command(version, about, after_help = SETTINGS_HELP)]
struct Arguments {
    /// TOML file with settings.
    #[arg(long, env = "RESOURCE_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Check whether the service on this machine is ready: exit code 0 if it is, 1 if not.
    #[command(name = "healthcheck")]
    HealthCheck(HealthCheck),
}

#[actix_web::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = Config::load(arguments.config.as_deref()).inspect(|config| init_log(&config.log, "info"));
    let Some(Command::HealthCheck(check)) = arguments.command else {
        return run_program(config.and_then(App::build), App::run).await;
    };
    run_program(config, async |config| check.run(config.listen, config.tls.is_set())).await
}
