//! A service that calls other services: how it obtains, caches and renews its tokens.

mod outages;
mod renewal;
mod requests;
mod retries;

use std::time::Duration;

use serde_json::{Value, json};
use shared::client::{Credentials, TokenClient};
use tokio::time;

use crate::fake_issuer::{Asked, FakeAnswer, FakeIssuer};

const LOG_IN: &str = "/login";
const REFRESH: &str = "/refresh";
const TOKEN: &str = "/oauth/token";
const REPORTS: &str = "/reports";

const LIFE: Duration = Duration::from_mins(15);

fn user(issuer: &FakeIssuer) -> TokenClient {
    TokenClient::new(&issuer.address(), Credentials::password("reporter", "pa55 word")).unwrap()
}

/// Access token and refresh token number `n`.
fn pair(n: usize) -> FakeAnswer {
    FakeAnswer::json(&json!({
        "access_token": format!("a{n}"), "refresh_token": format!("r{n}"),
        "token_type": "Bearer", "expires_in": LIFE.as_secs(),
    }))
}

fn error(status: u16, code: &str) -> FakeAnswer {
    FakeAnswer::new(status, json!({ "error": code, "message": "in words" }).to_string())
}

async fn text(tokens: &TokenClient) -> String {
    tokens.access_token().await.unwrap().expose().to_owned()
}

/// The refresh tokens that were sent.
fn refreshed_with(issuer: &FakeIssuer) -> Vec<String> {
    let token = |asked: Asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        body["refresh_token"].as_str().unwrap().to_owned()
    };
    issuer.asked(REFRESH).into_iter().map(token).collect()
}

/// Moves this thread's clock on; between times it goes as ever, since the issuer's answers take real time.
async fn move_clock(span: Duration) {
    time::pause();
    time::advance(span).await;
    time::resume();
}
