//! Startup: first users, errors, and what persists.

mod bounds;
mod errors;
mod first_users;
mod persistence;

use auth_service::{App, Config};
use service_kit::StartError;

use crate::support::Database;

fn usernames(database: &Database) -> Vec<String> {
    database.rows("SELECT username AS text FROM users ORDER BY id")
}

/// The error of a start, which must fail.
pub async fn start_error(config: Config) -> String {
    let built: Result<App, StartError> = App::build(config).await;
    built.err().unwrap().to_string()
}
