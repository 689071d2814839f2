//! An issuer that is down, overloaded or broken.

use std::time::Duration;

use serde_json::{Value, json};
use service_kit::testing::eventually;
use shared::{
    Secret,
    client::{Credentials, TokenError},
};

use super::{LIFE, LOGIN, REFRESH, access_token, error, pair, user};
use crate::{
    fake_issuer::{FakeIssuer, FakeResponse},
    support::advance_clock,
};

#[actix_web::test]
async fn during_an_outage_the_token_is_used_until_it_expires() {
    let issuer = FakeIssuer::start();
    issuer.respond_in_turn(LOGIN, [pair(1), pair(9)]);
    issuer.respond_with(REFRESH, error(503, "database_unavailable"));
    let tokens = user(&issuer);
    access_token(&tokens).await;

    advance_clock(LIFE * 85 / 100).await;
    let while_down = access_token(&tokens).await;
    eventually(async || (issuer.requests_to(REFRESH).len() == 2).then_some(())).await;
    let during_backoff = access_token(&tokens).await;
    advance_clock(Duration::from_secs(40)).await;
    eventually(async || (access_token(&tokens).await == "a9").then_some(())).await;

    assert_eq!([while_down, during_backoff], ["a1", "a1"]);
    assert_eq!(
        (issuer.requests_to(LOGIN).len(), issuer.requests_to(REFRESH).len()),
        (2, 2),
        "calls do not fetch tokens themselves"
    );
}

#[actix_web::test]
async fn failed_logins_are_retried_with_backoff() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, error(401, "invalid_credentials"));
    let tokens = user(&issuer);

    let mut attempts = Vec::new();
    for round in 0..8 {
        let refused = tokens.access_token().await;
        assert!(matches!(&refused, Err(TokenError::Refused { code, .. }) if code == "invalid_credentials"));
        // The first delays are so short that a slow machine may miss them.
        for _ in 0..round * 10 {
            tokens.access_token().await.unwrap_err();
        }
        attempts.push(issuer.requests_to(LOGIN).len());
        advance_clock(Duration::from_secs(31)).await;
    }
    issuer.respond_with(LOGIN, pair(1));

    assert_eq!(attempts, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(access_token(&tokens).await, "a1");
}

#[actix_web::test]
async fn retry_after_is_honoured() {
    let issuer = FakeIssuer::start();
    issuer.respond_in_turn(LOGIN, [error(429, "too_many_requests").with_header("Retry-After", "100"), pair(1)]);
    let tokens = user(&issuer);

    assert!(matches!(tokens.access_token().await, Err(TokenError::Unavailable(_))));
    advance_clock(Duration::from_secs(95)).await;
    assert!(tokens.access_token().await.is_err());
    advance_clock(Duration::from_secs(10)).await;

    assert_eq!(access_token(&tokens).await, "a1");
    assert_eq!(issuer.requests_to(LOGIN).len(), 2);
}

#[actix_web::test]
async fn an_unreachable_issuer_is_an_error_without_secrets() {
    let issuer = FakeIssuer::start();
    let address = issuer.address();
    let tokens = user(&issuer);
    drop(issuer);
    let message = eventually(async || match tokens.access_token().await {
        Err(error @ TokenError::Unavailable(_)) => Some(format!("{error} {error:?}")),
        _ => None,
    })
    .await;

    let credentials = format!("{:?}", Credentials::client("reports", "53cret").with_scope("a"));

    assert!(!message.contains("pa55") && message.contains(LOGIN), "{message}");
    assert!(credentials.contains("reports") && !credentials.contains("53cret"), "{credentials} {address:?}");
    assert_eq!(format!("{:?}", Secret::new("a1".to_owned())), "Secret(***)");
}

#[actix_web::test]
async fn a_response_without_a_token_is_an_error() {
    let whole = json!({ "access_token": "a1", "token_type": "Bearer", "expires_in": 900 });
    for (member, value) in [
        ("access_token", json!(7)),
        ("access_token", json!("line\nbreak")),
        ("token_type", json!("mac")),
        ("expires_in", json!("900")),
        ("expires_in", json!(-1)),
        ("expires_in", Value::Null),
    ] {
        let issuer = FakeIssuer::start();
        let mut token = whole.clone();
        token[member] = value.clone();
        issuer.respond_with(LOGIN, FakeResponse::json(&token));

        let refused = user(&issuer).access_token().await;

        let Err(TokenError::Unavailable(error)) = refused else { panic!("{member}: {value}") };
        assert!(!error.to_string().contains("a1"), "{error}");
    }
}
