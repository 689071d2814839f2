//! Requests that are rejected because of their token, and sent again.

use shared::client::{SendError, TokenClient, TokenProblem};

use super::{LOGIN, REFRESH, REPORTS, access_token, error, pair, user};
use crate::fake_issuer::{FakeIssuer, FakeResponse, METADATA, RecordedRequest};

/// The access tokens sent to the route.
fn bearers(issuer: &FakeIssuer) -> Vec<String> {
    let token =
        |request: RecordedRequest| request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
    issuer.requests_to(REPORTS).into_iter().map(token).collect()
}

/// Sends a report.
async fn send_report(issuer: &FakeIssuer, tokens: &TokenClient) -> Result<u16, SendError> {
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let response = tokens.send(http.post(issuer.at(REPORTS)).body("a report")).await;
    response.map(|response| response.status().as_u16())
}

#[actix_web::test]
async fn a_request_rejected_for_its_token_is_retried_with_a_new_one() {
    for code in ["token_expired", "claims_stale", "token_revoked"] {
        let issuer = FakeIssuer::start();
        issuer.respond_with(LOGIN, pair(1));
        issuer.respond_with(REFRESH, pair(2));
        issuer.respond_in_turn(REPORTS, [error(401, code), FakeResponse::new(201, "")]);
        let tokens = user(&issuer);

        let status = send_report(&issuer, &tokens).await.unwrap();

        assert_eq!(status, 201, "{code}");
        assert_eq!(bearers(&issuer), ["a1", "a2"]);
        assert!(issuer.requests_to(REPORTS).iter().all(|request| request.body == "a report"));
        assert_eq!(access_token(&tokens).await, "a2");
    }
}

#[actix_web::test]
async fn a_request_is_retried_only_once() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_with(REFRESH, pair(2));
    issuer.respond_with(REPORTS, error(401, "claims_stale"));
    let tokens = user(&issuer);

    let refused = send_report(&issuer, &tokens).await;

    assert!(matches!(refused, Err(SendError::Unauthorized { problem: TokenProblem::ClaimsStale, .. })), "{refused:?}");
    assert_eq!(bearers(&issuer), ["a1", "a2"]);
}

#[actix_web::test]
async fn errors_that_a_new_token_would_not_fix_are_not_retried() {
    for (status, code) in [(401, "invalid_token"), (401, "fresh_token_required"), (401, "user_not_found")] {
        let issuer = FakeIssuer::start();
        issuer.respond_with(LOGIN, pair(1));
        issuer.respond_with(REPORTS, error(status, code));

        let refused = send_report(&issuer, &user(&issuer)).await;

        assert!(matches!(refused, Err(SendError::Unauthorized { .. })), "{refused:?}");
        assert_eq!((bearers(&issuer).len(), issuer.requests_to(REFRESH).len()), (1, 0), "{code}");
    }
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_with(REPORTS, error(403, "insufficient_scope"));
    assert_eq!(send_report(&issuer, &user(&issuer)).await.unwrap(), 403);
}

#[actix_web::test]
async fn a_streaming_body_is_not_retried_but_the_next_call_uses_a_new_token() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, pair(1));
    issuer.respond_with(REFRESH, pair(2));
    issuer.respond_in_turn(REPORTS, [error(401, "claims_stale"), FakeResponse::new(201, "")]);
    let tokens = user(&issuer);
    let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let streamed = http.get(issuer.at(METADATA)).send().await.unwrap();

    let refused = tokens.send(http.post(issuer.at(REPORTS)).body(streamed)).await;
    let next = send_report(&issuer, &tokens).await.unwrap();

    assert!(matches!(refused, Err(SendError::Unauthorized { problem: TokenProblem::ClaimsStale, .. })), "{refused:?}");
    assert_eq!((next, bearers(&issuer)), (201, vec!["a1".to_owned(), "a2".to_owned()]));
}
