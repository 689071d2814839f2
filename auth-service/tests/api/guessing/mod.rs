//! Limits on guessing, and on what else costs without a login.

mod accounts;
mod addresses;
mod known_senders;
mod refresh_budget;
mod writes;

use auth_service::Config;
use serde_json::{Value, json};
use service_kit::testing::{Api, Response, send};

use crate::support::{Database, PASSWORD, and_admin, config_for};

/// Settings under which `X-Forwarded-For` of the tests is trusted.
fn config_behind_proxy(database: &Database) -> Config {
    let mut config = and_admin(config_for(database));
    config.trusted_proxies = "127.0.0.1".to_owned().into();
    config
}

/// A login from an address.
async fn log_in_from(api: &Api, address: &str, username: &str, password: &str) -> Response {
    log_in_with(api, address, &json!({ "username": username, "password": password })).await
}

async fn log_in_with(api: &Api, address: &str, form: &Value) -> Response {
    send(api.request("POST", "/login").header("X-Forwarded-For", address).json(form)).await
}

/// Wrong logins, each from another address. Returns how many of them were evaluated: the response is 401.
async fn guess_from_everywhere(api: &Api, username: &str, count: usize) -> usize {
    let guess = |number: usize| {
        let address = format!("198.51.{}.{}", number / 250, number % 250);
        async move { log_in_from(api, &address, username, "a wrong password").await }
    };
    let responses = futures_util::future::join_all((0..count).map(guess)).await;
    for response in responses.iter().filter(|response| response.status != 401) {
        assert_eq!(response.code(), (429, "too_many_requests"), "{response:?}");
        let retry_after: u64 = response.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=1800).contains(&retry_after), "{retry_after}");
    }
    responses.iter().filter(|response| response.status == 401).count()
}

/// A right login of the admin from this address.
async fn admin_logs_in_from(api: &Api, address: &str) -> Response {
    log_in_from(api, address, "admin", PASSWORD).await
}
