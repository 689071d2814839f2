//! Requests that are rejected because of their token, and sent again.

use shared::client::{SendError, TokenClient, TokenProblem};

use super::{LOG_IN, REFRESH, REPORTS, error, pair, text, user};
use crate::fake_issuer::{Asked, FakeAnswer, FakeIssuer, METADATA};

/// The tokens with which a route was asked.
fn bearers(issuer: &FakeIssuer) -> Vec<String> {
    let token = |asked: Asked| asked.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    issuer.asked(REPORTS).into_iter().map(token).collect()
}

/// Sends a request for reports.
async fn reports(issuer: &FakeIssuer, tokens: &TokenClient) -> Result<u16, SendError> {
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let answer = tokens.send(http.post(issuer.at(REPORTS)).body("a report")).await;
    answer.map(|answer| answer.status().as_u16())
}

#[actix_web::test]
async fn a_request_rejected_for_its_token_is_retried_with_a_new_one() {
    for code in ["token_expired", "claims_stale", "token_revoked"] {
        let issuer = FakeIssuer::start();
        issuer.answers_with(LOG_IN, pair(1));
        issuer.answers_with(REFRESH, pair(2));
        issuer.answers_in_turn(REPORTS, [error(401, code), FakeAnswer::new(201, "")]);
        let tokens = user(&issuer);

        let status = reports(&issuer, &tokens).await.unwrap();

        assert_eq!(status, 201, "{code}");
        assert_eq!(bearers(&issuer), ["a1", "a2"]);
        assert!(issuer.asked(REPORTS).iter().all(|asked| asked.body == "a report"));
        assert_eq!(text(&tokens).await, "a2");
    }
}

#[actix_web::test]
async fn a_request_is_retried_only_once() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_with(REFRESH, pair(2));
    issuer.answers_with(REPORTS, error(401, "claims_stale"));
    let tokens = user(&issuer);

    let refused = reports(&issuer, &tokens).await;

    assert!(matches!(refused, Err(SendError::Unauthorized { problem: TokenProblem::ClaimsStale, .. })), "{refused:?}");
    assert_eq!(bearers(&issuer), ["a1", "a2"]);
}

#[actix_web::test]
async fn errors_that_a_new_token_would_not_fix_are_not_retried() {
    for (status, code) in [(401, "invalid_token"), (401, "fresh_token_required"), (401, "user_not_found")] {
        let issuer = FakeIssuer::start();
        issuer.answers_with(LOG_IN, pair(1));
        issuer.answers_with(REPORTS, error(status, code));

        let refused = reports(&issuer, &user(&issuer)).await;

        assert!(matches!(refused, Err(SendError::Unauthorized { .. })), "{refused:?}");
        assert_eq!((bearers(&issuer).len(), issuer.asked(REFRESH).len()), (1, 0), "{code}");
    }
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_with(REPORTS, error(403, "insufficient_scope"));
    assert_eq!(reports(&issuer, &user(&issuer)).await.unwrap(), 403);
}

#[actix_web::test]
async fn a_streaming_body_is_not_retried_but_the_next_call_uses_a_new_token() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    issuer.answers_with(REFRESH, pair(2));
    issuer.answers_in_turn(REPORTS, [error(401, "claims_stale"), FakeAnswer::new(201, "")]);
    let tokens = user(&issuer);
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let passed_on = http.get(issuer.at(METADATA)).send().await.unwrap();

    let refused = tokens.send(http.post(issuer.at(REPORTS)).body(passed_on)).await;
    let next = reports(&issuer, &tokens).await.unwrap();

    assert!(matches!(refused, Err(SendError::Unauthorized { problem: TokenProblem::ClaimsStale, .. })), "{refused:?}");
    assert_eq!((next, bearers(&issuer)), (201, vec!["a1".to_owned(), "a2".to_owned()]));
}
