//! The command line: `resource-service` without a command serves; commands are for operators.

mod doctor;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use service_kit::{
    Completions, HealthCheck, ManPages, ShowSettings,
    doctor::ReportFormat,
    init_log,
    output::{Failure, end},
    run_program,
};

use crate::{
    app::App,
    config::{Config, SETTINGS},
};

const SETTINGS_HELP: &str = "\
Settings are read from a TOML file and from environment variables, which take precedence: RESOURCE__LISTEN,
RESOURCE__ISSUER, RESOURCE__PUBLIC_KEY and others. `resource-service config` shows them, docs/settings.md explains them. By
default, the service listens on 127.0.0.1:5001 and accepts tokens of http://localhost:5000. RUST_LOG sets the log level (`info` by
default, `warn` for commands), RESOURCE__LOG__FORMAT the format (`plain` or `json`), RESOURCE__LOG__ACCESS which requests are in
the access log (`off`, `errors` or `all`).

Exit codes: 0 success, 1 refused or failed, 2 invalid setting or argument.";

/// Verifies access tokens and serves the protected routes. Without a command, it serves; any number of replicas can run.
#[derive(Parser)]
#[command(name = "resource-service", version, about, after_help = SETTINGS_HELP)]
pub struct Arguments {
    /// TOML file with settings.
    #[arg(long, env = "RESOURCE_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    Config(ShowSettings),
    /// Check settings, files and issuers without changing anything, and name a remedy for each problem.
    Doctor(ReportFormat),
    #[command(name = "healthcheck")]
    HealthCheck(HealthCheck),
    Completions(Completions),
    ManPages(ManPages),
}

impl Arguments {
    /// Does what the arguments say.
    pub async fn run(self) -> ExitCode {
        let Self { config, command } = self;
        let Some(command) = command else {
            let config = Config::load(config.as_deref()).inspect(|config| init_log(&config.log, "info"));
            return run_program(config.and_then(App::build), App::run).await;
        };
        end(run(command, config).await)
    }
}

async fn run(command: Command, file: Option<PathBuf>) -> Result<(), Failure> {
    let load = || {
        let loaded = Config::load_with_origins(file.as_deref());
        loaded.inspect(|(config, _)| init_log(&config.log, "warn"))
    };
    match command {
        Command::Config(show) => {
            load().map_err(Failure::from).and_then(|(config, from)| show.run(&SETTINGS, &config, &from))
        }
        Command::Doctor(format) => doctor::run(&format, file.as_deref()).await,
        Command::HealthCheck(check) => {
            let (config, _) = load()?;
            check.run(config.listen, config.tls.is_set()).map_err(Failure::refused)
        }
        Command::Completions(completions) => {
            completions.run::<Arguments>();
            Ok(())
        }
        Command::ManPages(pages) => pages.run::<Arguments>(),
    }
}
