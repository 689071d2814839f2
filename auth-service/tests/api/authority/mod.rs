//! An authority that is lost while a request is in progress changes nothing any more.

mod hash_queue;
mod held_bodies;
mod mutual;
mod recent_login;
mod revoked_sessions;
mod transactions;

use serde_json::json;
use service_kit::testing::send;

use crate::support::{Database, TestApp, and_admin, config_with_own_keys};

/// How an admin loses the authority.
const LOSSES: [Loss; 4] = [Loss::Demoted, Loss::Disabled, Loss::Deleted, Loss::LoggedOut];

#[derive(Clone, Copy, Debug)]
enum Loss {
    Demoted,
    Disabled,
    Deleted,
    LoggedOut,
}

/// A node whose keys may change, with the admin `admin` and the user `john`.
async fn spawn(database: &Database) -> TestApp {
    spawn_with(database, 4).await
}

/// The same with so many database connections.
async fn spawn_with(database: &Database, connections: u32) -> TestApp {
    let mut config = and_admin(config_with_own_keys(database));
    config.database.connections = connections;
    // `boss` registers again and again.
    config.limits.enabled = false;
    let app = TestApp::spawn_with(database.clone(), config).await;
    app.register("john").await;
    app
}

/// The access token of another admin, `boss`, who is created if needed.
async fn token_of_boss(app: &TestApp, database: &Database) -> String {
    // Otherwise the name would be refused once `boss` has been deleted.
    database.execute("DELETE FROM deleted_usernames");
    app.register("boss").await;
    database.execute("UPDATE users SET role = 'admin', disabled_at = NULL WHERE username = 'boss'");
    app.token_of("boss").await
}

/// Returns when requests that were sent before have been checked as far as they are there: there is one worker, and this
/// passes the same checks after them.
async fn after_earlier_checks(app: &TestApp, token: &str) {
    for _ in 0..2 {
        assert_eq!(app.get_as(token, "/users/john").await.status, 200);
    }
}

/// Takes the authority of `boss` away over HTTP.
async fn take_away(app: &TestApp, loss: Loss, admin: &str, boss: &str) {
    let (method, path, token, body) = match loss {
        Loss::Demoted => ("PATCH", "/users/boss", admin, json!({ "role": "user" })),
        Loss::Disabled => ("PATCH", "/users/boss", admin, json!({ "disabled": true })),
        Loss::Deleted => ("DELETE", "/users/boss", admin, json!({})),
        Loss::LoggedOut => ("POST", "/logout", boss, json!({})),
    };
    let response = send(app.request(method, path).bearer_auth(token).json(&body)).await;
    assert!(matches!(response.status, 200 | 204), "{response:?}");
}

/// What nobody may have changed: users without `boss`, their live sessions, reset tokens and keys.
fn state(database: &Database) -> Vec<String> {
    [
        "SELECT username || role || password_hash || COALESCE(disabled_at, 0) AS text FROM users \
         WHERE username <> 'boss' ORDER BY id",
        "SELECT sessions.id AS text FROM sessions JOIN users ON users.id = user_id \
         WHERE revoked_at IS NULL AND username <> 'boss' ORDER BY sessions.id",
        "SELECT token_hash AS text FROM password_resets",
        "SELECT kid || COALESCE(forget_at, 0) AS text FROM signing_keys ORDER BY kid",
        "SELECT action AS text FROM audit_log WHERE actor = 'boss' AND action NOT LIKE 'log%' AND action <> 'registered'",
    ]
    .iter()
    .flat_map(|query| database.rows(query))
    .collect()
}
