//! The command line: `auth-service` without a command serves; commands are for operators.

mod archive;
mod audit;
mod clients;
mod create_admin;
mod doctor;
mod export;
mod import;
mod init;
mod keys;
mod make_secrets;
mod open;
mod progress;
mod restore_check;
mod users;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use service_kit::{
    Completions, HealthCheck, ManPages, ShowSettings, StartError,
    doctor::ReportFormat,
    init_log,
    output::{self, Failure},
    run_program,
};

use crate::{
    app::App,
    config::{Config, SETTINGS},
};

const SETTINGS_HELP: &str = "\
Settings are read from a TOML file and from environment variables, which take precedence: AUTH__LISTEN, AUTH__ISSUER,
AUTH__DATABASE__URL and so on. `auth-service config` shows them; docs/settings.md explains them. By default, the service
listens on 127.0.0.1:5000 and uses SQLite in data/. RUST_LOG sets the log level (`info` by default, `warn` for
commands), AUTH__LOG__FORMAT the format (`plain` or `json`), AUTH__LOG__ACCESS which requests are in the access log
(`off`, `errors` or `all`).

Exit codes: 0 success, 1 refused or failed, 2 invalid setting or argument.";

/// Manages users and issues access tokens. Without a command, it serves.
#[derive(Parser)]
#[command(name = "auth-service", version, about, after_help = SETTINGS_HELP)]
pub struct Arguments {
    /// TOML file with settings.
    #[arg(long, env = "AUTH_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run pending database migrations.
    Migrate,
    /// Prepare the first start: schema, master key, signing key, initial users.
    Init(init::Arguments),
    /// Generate a password for the database once, and the URL that contains it.
    MakeSecrets(make_secrets::Arguments),
    /// Create a user with the role admin.
    CreateAdmin(create_admin::Arguments),
    Config(ShowSettings),
    /// Check settings, database, files, keys and the issuer's name without changing anything, and name a remedy for each
    /// problem.
    Doctor(ReportFormat),
    /// List and manage signing keys. Running nodes pick up changes within a second or two.
    #[command(subcommand)]
    Keys(keys::Command),
    /// List and manage users.
    #[command(subcommand)]
    Users(users::Command),
    /// Print the audit log, newest last.
    Audit(audit::Arguments),
    /// List and manage clients: services with their own tokens, and applications that log users in.
    #[command(subcommand)]
    Clients(clients::Command),
    /// After a restore: end all sessions, and skip ids and status list entries that may have been issued since the backup.
    RestoreCheck(restore_check::Arguments),
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
            let built = match Config::load(config.as_deref()) {
                Ok(config) => {
                    init_log(&config.log, "info");
                    App::build(config).await
                }
                Err(error) => Err(error),
            };
            return run_program(built, App::run).await;
        };
        output::end(run(command, config).await)
    }
}

async fn run(command: Command, file: Option<PathBuf>) -> Result<(), Failure> {
    match &command {
        // Before the settings are read, since they may name the file to be generated.
        Command::Init(arguments) => arguments.make_master_key()?,
        // These do not need the settings, or not all of them.
        Command::Doctor(format) => return doctor::run(format, file.as_deref()).await,
        Command::Completions(completions) => {
            completions.run::<Arguments>();
            return Ok(());
        }
        Command::ManPages(pages) => return pages.run::<Arguments>(),
        _ => {}
    }
    let (config, origins) = Config::load_with_origins(file.as_deref())?;
    init_log(&config.log, "warn");
    match command {
        Command::Migrate => open::migrated(&config).map(drop).map_err(StartError::into),
        Command::Init(_) => init::run(config).await,
        Command::MakeSecrets(arguments) => make_secrets::run(&arguments),
        Command::CreateAdmin(arguments) => create_admin::run(arguments, &config).await,
        Command::Config(show) => show.run(&SETTINGS, &config, &origins),
        Command::Clients(command) => clients::run(command, &config).await,
        Command::Keys(command) => keys::run(command, &config).await,
        Command::Users(command) => users::run(command, &config).await,
        Command::Audit(arguments) => audit::run(arguments, &config).await,
        Command::RestoreCheck(arguments) => restore_check::run(arguments, &config).await,
        Command::HealthCheck(check) => check.run(config.listen, config.tls.is_set()).map_err(Failure::refused),
        Command::Doctor(_) | Command::Completions(_) | Command::ManPages(_) => Ok(()),
    }
}
