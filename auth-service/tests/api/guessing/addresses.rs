//! Guesses, registrations and client secrets from one address.

use serde_json::json;
use service_kit::testing::{Response, send};

use super::{config_behind_proxy, log_in_from};
use crate::support::{CLIENT_SECRET, Database, PASSWORD, TestApp, insert_client};

on_both_databases!(
    an_address_that_guesses_at_many_accounts_is_refused_before_the_database_is_asked,
    an_address_that_registers_many_users_is_refused,
    an_address_that_guesses_client_secrets_is_refused,
    limits_can_be_switched_off,
);

async fn an_address_that_guesses_at_many_accounts_is_refused_before_the_database_is_asked(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    let mut evaluated = 0;
    for number in 0..60 {
        let response = log_in_from(&app, "198.51.100.7", &format!("user{number}"), "a wrong password").await;
        evaluated += usize::from(response.status == 401);
    }
    let rows = database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM guess_budgets");

    // A few more are regained if the machine is slow.
    assert!((30..=40).contains(&evaluated), "{evaluated}");
    assert_eq!(rows, [evaluated.to_string()]);
    let refused = log_in_from(&app, "198.51.100.7", "admin", PASSWORD).await;
    assert_eq!(refused.code(), (429, "too_many_requests"));
    let elsewhere = log_in_from(&app, "198.51.100.8", "admin", PASSWORD).await;
    assert_eq!(elsewhere.status, 200);
}

async fn an_address_that_registers_many_users_is_refused(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    let mut registered = 0;
    for number in 0..30 {
        let response = register_from(&app, "198.51.100.7", &format!("user{number}")).await;
        registered += usize::from(response.status == 201);
    }

    assert_eq!(registered, 25);
    let refused = register_from(&app, "198.51.100.7", "another").await;
    assert_eq!(refused.code(), (429, "too_many_requests"));
    assert_eq!(register_from(&app, "198.51.100.8", "another").await.status, 201);
}

async fn an_address_that_guesses_client_secrets_is_refused(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    insert_client(&database, "reports@clients", "");

    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect"] {
        let address = format!("198.51.100.{}", path.len());
        let mut last = token_from(&app, path, &address, "wrong").await;
        for _ in 0..40 {
            last = token_from(&app, path, &address, "wrong").await;
        }

        assert_eq!((last.status, &last.json()["error"]), (429, &json!("too_many_requests")), "{path}");
        assert!(last.header("retry-after").is_some(), "{path}");
        assert_eq!(token_from(&app, path, &address, CLIENT_SECRET).await.status, 429, "{path}");
    }
    assert_eq!(token_from(&app, "/oauth/token", "203.0.113.1", CLIENT_SECRET).await.status, 200);
}

async fn limits_can_be_switched_off(database: Database) {
    let mut config = config_behind_proxy(&database);
    config.limits.enabled = false;
    let app = TestApp::spawn_with(database.clone(), config).await;

    for _ in 0..40 {
        assert_eq!(log_in_from(&app, "198.51.100.7", "admin", "a wrong password").await.status, 401);
    }
}

async fn register_from(app: &TestApp, address: &str, username: &str) -> Response {
    let form = json!({ "username": username, "password": PASSWORD });
    send(app.request("POST", "/register").header("X-Forwarded-For", address).json(&form)).await
}

async fn token_from(app: &TestApp, path: &str, address: &str, secret: &str) -> Response {
    let request = app.request("POST", path).header("X-Forwarded-For", address);
    let request = request.basic_auth("reports@clients", Some(secret));
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    send(request.body("grant_type=client_credentials&token=x")).await
}
