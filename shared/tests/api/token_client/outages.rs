//! An issuer that is down, overloaded or broken.

use std::time::Duration;

use serde_json::{Value, json};
use service_kit::testing::eventually;
use shared::{
    Secret,
    client::{Credentials, TokenError},
};

use super::{LIFE, LOG_IN, REFRESH, error, move_clock, pair, text, user};
use crate::fake_issuer::{FakeAnswer, FakeIssuer};

#[actix_web::test]
async fn during_an_outage_the_token_is_used_until_it_expires() {
    let issuer = FakeIssuer::start();
    issuer.answers_in_turn(LOG_IN, [pair(1), pair(9)]);
    issuer.answers_with(REFRESH, error(503, "database_unavailable"));
    let tokens = user(&issuer);
    text(&tokens).await;

    move_clock(LIFE * 85 / 100).await;
    let while_down = text(&tokens).await;
    eventually(async || (issuer.asked(REFRESH).len() == 2).then_some(())).await;
    let in_the_pause = text(&tokens).await;
    move_clock(Duration::from_secs(40)).await;
    eventually(async || (text(&tokens).await == "a9").then_some(())).await;

    assert_eq!([while_down, in_the_pause], ["a1", "a1"]);
    assert_eq!((issuer.asked(LOG_IN).len(), issuer.asked(REFRESH).len()), (2, 2), "no call asked by itself");
}

#[actix_web::test]
async fn failed_logins_are_retried_with_backoff() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, error(401, "invalid_credentials"));
    let tokens = user(&issuer);

    let mut asked = Vec::new();
    for round in 0..8 {
        let refused = tokens.access_token().await;
        assert!(matches!(&refused, Err(TokenError::Refused { code, .. }) if code == "invalid_credentials"));
        // The first pauses are so short that a slow machine may miss them.
        for _ in 0..round * 10 {
            tokens.access_token().await.unwrap_err();
        }
        asked.push(issuer.asked(LOG_IN).len());
        move_clock(Duration::from_secs(31)).await;
    }
    issuer.answers_with(LOG_IN, pair(1));

    assert_eq!(asked, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(text(&tokens).await, "a1");
}

#[actix_web::test]
async fn retry_after_is_honoured() {
    let issuer = FakeIssuer::start();
    issuer.answers_in_turn(LOG_IN, [error(429, "too_many_requests").with_header("Retry-After", "100"), pair(1)]);
    let tokens = user(&issuer);

    assert!(matches!(tokens.access_token().await, Err(TokenError::Unavailable(_))));
    move_clock(Duration::from_secs(95)).await;
    assert!(tokens.access_token().await.is_err());
    move_clock(Duration::from_secs(10)).await;

    assert_eq!(text(&tokens).await, "a1");
    assert_eq!(issuer.asked(LOG_IN).len(), 2);
}

#[actix_web::test]
async fn an_unreachable_issuer_is_an_error_without_secrets() {
    let issuer = FakeIssuer::start();
    let address = issuer.address();
    let tokens = user(&issuer);
    drop(issuer);
    let said = eventually(async || match tokens.access_token().await {
        Err(error @ TokenError::Unavailable(_)) => Some(format!("{error} {error:?}")),
        _ => None,
    })
    .await;

    let credentials = format!("{:?}", Credentials::client("reports", "53cret").with_scope("a"));

    assert!(!said.contains("pa55") && said.contains(LOG_IN), "{said}");
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
        issuer.answers_with(LOG_IN, FakeAnswer::json(&token));

        let refused = user(&issuer).access_token().await;

        let Err(TokenError::Unavailable(error)) = refused else { panic!("{member}: {value}") };
        assert!(!error.to_string().contains("a1"), "{error}");
    }
}
