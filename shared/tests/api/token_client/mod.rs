//! A service that calls other services: how it obtains, caches and renews its tokens.

mod outages;
mod renewal;
mod requests;
mod retries;

use std::time::Duration;

use serde_json::{Value, json};
use shared::client::{Credentials, TokenClient};

use crate::fake_issuer::{FakeIssuer, FakeResponse, RecordedRequest};

const LOGIN: &str = "/login";
const REFRESH: &str = "/refresh";
const TOKEN: &str = "/oauth/token";
const REPORTS: &str = "/reports";

const LIFE: Duration = Duration::from_mins(15);

fn user(issuer: &FakeIssuer) -> TokenClient {
    TokenClient::new(&issuer.address(), Credentials::password("reporter", "pa55 word")).unwrap()
}

/// Access token and refresh token number `n`.
fn pair(n: usize) -> FakeResponse {
    FakeResponse::json(&json!({
        "access_token": format!("a{n}"), "refresh_token": format!("r{n}"),
        "token_type": "Bearer", "expires_in": LIFE.as_secs(),
    }))
}

fn error(status: u16, code: &str) -> FakeResponse {
    FakeResponse::new(status, json!({ "error": code, "message": "in words" }).to_string())
}

async fn access_token(tokens: &TokenClient) -> String {
    tokens.access_token().await.unwrap().expose().to_owned()
}

/// The refresh tokens sent to the issuer.
fn refreshed_with(issuer: &FakeIssuer) -> Vec<String> {
    let token = |request: RecordedRequest| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        body["refresh_token"].as_str().unwrap().to_owned()
    };
    issuer.requests_to(REFRESH).into_iter().map(token).collect()
}
