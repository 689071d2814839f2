//! Back-channel logout: applications are informed that a browser session has ended. `row_…` is a row of docs/conformance.md.

mod addresses;
mod delivery;
mod ended_sessions;
mod logouts;
mod receiver;

use service_kit::testing::eventually_within;
use shared::UnixTime;

pub use self::receiver::Receiver;

use self::receiver::Received;
use crate::authorization::{CALLBACK, insert_application, tokens};
use crate::support::{Browser, Database, TestApp, and_admin, config_for};

/// An auth-service with the user `alice`, whose application `shop` expects logout tokens at that URI.
async fn app(database: &Database, uri: &str) -> TestApp {
    app_with(database, uri, true).await
}

async fn app_with(database: &Database, uri: &str, private_addresses: bool) -> TestApp {
    let mut config = and_admin(config_for(database));
    config.backchannel.private_addresses = private_addresses;
    let app = TestApp::spawn_with(database.clone(), config).await;
    assert_eq!(app.register("alice").await.status, 201);
    insert_application(database, "shop", "web", CALLBACK, &format!(", backchannel_logout_uri = '{uri}'"));
    app
}

/// The tokens of `alice`, who logs in at `shop`.
async fn log_in(app: &TestApp) -> serde_json::Value {
    tokens(app, &mut Browser::new(app), "openid").await
}

/// What waits in the database: the number of attempts of each notice.
fn waiting(database: &Database) -> Vec<String> {
    database.rows("SELECT CAST(attempts AS TEXT) AS text FROM logout_notices ORDER BY id")
}

/// Waits until that is what waits.
async fn until_waiting(database: &Database, expected: &[&str]) {
    eventually_within(LIMIT, async || {
        let found = waiting(database);
        if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}

const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);

/// Makes what waits due.
fn make_due(database: &Database) {
    database.execute("UPDATE logout_notices SET due_at = 0");
}

/// Inserts notices for `shop`, without logins.
fn insert_notices(database: &Database, count: usize) {
    let now = UnixTime::now().seconds();
    for number in 0..count {
        let (id, browser) = (format!("notice-{number:03}"), uuid_of(number));
        database.execute(&format!(
            "INSERT INTO logout_notices (id, client_id, user_id, browser_id, created_at, attempts, due_at) \
             VALUES ('{id}', 'shop', 1, '{browser}', {now}, 0, {now})"
        ));
    }
}

fn uuid_of(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

/// The browser sessions that an application was informed of, sorted.
fn sids(received: &[Received]) -> Vec<String> {
    let mut sids: Vec<_> = received.iter().map(|it| it.claims()["sid"].as_str().unwrap().to_owned()).collect();
    sids.sort_unstable();
    sids
}
