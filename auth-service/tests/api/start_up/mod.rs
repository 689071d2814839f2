//! What a start does, refuses to do, and leaves behind.

mod bounds;
mod first_users;
mod refusals;
mod traces;

use auth_service::{App, Config};
use service_kit::StartError;

use crate::support::Database;

fn usernames(database: &Database) -> Vec<String> {
    database.rows("SELECT username AS text FROM users ORDER BY id")
}

/// What the start says, which must fail.
async fn refusal(config: Config) -> String {
    let refused: Result<App, StartError> = App::build(config).await;
    refused.err().unwrap().to_string()
}
