//! User lookups at the issuer, cached per token.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use futures_util::future::{FutureExt, join_all};
use serde_json::json;
use shared::{
    CurrentUser,
    actix::user_lookup,
    client::{IssuerLookup, IssuerUrl},
    keys::{JwksCache, KeySet},
    testing::{PUBLIC_KEY_PEM, claims, mint, verifier},
    verifier::TrustedIssuer,
};

use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, ME},
    support::{TestApp, advance_clock, modified},
};

const CACHE_TTL: Duration = Duration::from_hours(1);

async fn app_asking(issuer: &IssuerUrl, cache_ttl: Duration) -> TestApp {
    let other_issuer = Arc::new(JwksCache::fixed(KeySet::from_pem(PUBLIC_KEY_PEM).unwrap()));
    let lookup = user_lookup(IssuerLookup::new(issuer, cache_ttl).unwrap());
    TestApp::verifying(verifier().trust(TrustedIssuer::new("https://other", other_issuer)), |app| {
        let show = async |user: CurrentUser| format!("{} {} {}", user.id, user.username, user.role);
        app.app_data(lookup).route("/", web::get().to(show));
    })
    .await
}

fn user(username: &str, role: &str) -> FakeResponse {
    FakeResponse::json(&json!({ "id": 7, "username": username, "role": role, "created_at": 1_700_000_000 }))
}

fn error(status: u16, code: &str) -> FakeResponse {
    FakeResponse::new(status, json!({ "error": code, "message": "" }).to_string())
}

/// Differs between calls in different seconds.
fn token() -> String {
    mint(&claims("alice", "user"))
}

#[actix_web::test]
async fn concurrent_requests_with_one_token_share_one_lookup() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(ME, user("alice", "admin"));
    let app = app_asking(&issuer.address(), CACHE_TTL).await;
    let token = token();

    let responses = join_all((0..50).map(|_| app.get("/", &token))).await;
    let later = app.get("/", &token).await;

    assert!(responses.iter().chain([&later]).all(|response| response.text == "7 alice admin"), "{responses:?}");
    let requests = issuer.requests_to(ME);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("authorization"), Some(&*format!("Bearer {token}")));
}

#[actix_web::test]
async fn the_lookup_is_repeated_after_the_cache_ttl() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(ME, user("alice", "admin"));
    let app = app_asking(&issuer.address(), CACHE_TTL).await;
    let token = token();

    app.get("/", &token).await;
    issuer.respond_with(ME, user("alice", "user"));
    advance_clock(Duration::from_mins(59)).await;
    let in_time = app.get("/", &token).await;
    advance_clock(Duration::from_mins(2)).await;
    let after = app.get("/", &token).await;

    assert_eq!((&*in_time.text, &*after.text), ("7 alice admin", "7 alice user"));
}

#[actix_web::test]
async fn a_cancelled_lookup_does_not_block_the_next_one() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(ME, user("alice", "user"));
    let app = app_asking(&issuer.address(), CACHE_TTL).await;
    let token = token();

    assert!(app.get("/", &token).now_or_never().is_none(), "the request was cancelled before its response");
    advance_clock(Duration::from_mins(1)).await;
    let response = app.get("/", &token).await;

    assert_eq!(response.text, "7 alice user");
}

#[actix_web::test]
async fn a_cached_lookup_is_valid_for_one_token_only() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(ME, user("alice", "admin"));
    let app = app_asking(&issuer.address(), CACHE_TTL).await;
    let foreign = mint(&modified(claims("alice", "user"), |claims| "https://other".clone_into(&mut claims.iss)));

    let own = app.get("/", &token()).await;
    issuer.respond_with(ME, error(401, "invalid_token"));
    let foreign = app.get("/", &foreign).await;

    assert_eq!(own.text, "7 alice admin");
    assert_eq!(foreign.refusal().1, "invalid_token", "another issuer's token with the same jti");
}

#[actix_web::test]
async fn a_deleted_user_gets_user_not_found() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(ME, error(401, "user_not_found"));
    let app = app_asking(&issuer.address(), CACHE_TTL).await;
    let token = token();

    for _ in 0..2 {
        assert_eq!(app.get("/", &token).await.refusal(), (401, "user_not_found", "User not found"));
    }
    assert_eq!(issuer.requests_to(ME).len(), 1);
}

#[actix_web::test]
async fn a_failed_lookup_gets_503_and_is_not_cached() {
    let issuer = FakeIssuer::start();
    let app = app_asking(&issuer.address(), CACHE_TTL).await;
    let token = token();

    for (case, response) in [
        ("an error", error(500, "internal")),
        ("a busy issuer", error(503, "busy")),
        ("HTML", FakeResponse::new(200, "<html>")),
        ("an invalid user", FakeResponse::json(&json!({ "id": "7" }))),
        ("a redirect", FakeResponse::new(302, "").with_header("Location", "/elsewhere")),
        ("too long", FakeResponse::new(200, " ".repeat(100_000))),
    ] {
        issuer.respond_with(ME, response);

        let response = app.get("/", &token).await;

        let message = "The user lookup is temporarily unavailable";
        assert_eq!(response.refusal(), (503, "user_lookup_unavailable", message), "{case}");
        assert_eq!((response.challenge(), response.header("Retry-After")), (None, Some("1")), "{case}");
    }
    issuer.respond_with(ME, user("alice", "user"));
    assert_eq!(app.get("/", &token).await.text, "7 alice user");
}

#[actix_web::test]
async fn a_token_that_the_issuer_rejects_is_rejected() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(ME, error(401, "invalid_token"));
    let app = app_asking(&issuer.address(), CACHE_TTL).await;

    let response = app.get("/", &token()).await;

    assert_eq!(response.refusal(), (401, "invalid_token", "Invalid token"));
}

#[actix_web::test]
async fn a_token_that_the_issuer_reports_as_expired_gets_token_expired() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(ME, error(401, "token_expired"));
    let app = app_asking(&issuer.address(), CACHE_TTL).await;

    assert_eq!(app.get("/", &token()).await.refusal(), (401, "token_expired", "Token has expired"));
}

#[actix_web::test]
async fn a_token_that_the_issuer_reports_as_revoked_or_stale_gets_that_code() {
    let issuer = FakeIssuer::start();
    let app = app_asking(&issuer.address(), CACHE_TTL).await;

    for code in ["token_revoked", "claims_stale"] {
        issuer.respond_with(ME, error(401, code));

        let response = app.get("/", &token()).await;

        assert_eq!((response.status, response.refusal().1), (401, code));
    }
}

#[actix_web::test]
async fn an_unreachable_issuer_gets_503() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || drop(listener.accept()));
    let app = app_asking(&IssuerUrl::parse(&url, false).unwrap(), CACHE_TTL).await;

    assert_eq!(app.get("/", &token()).await.refusal().1, "user_lookup_unavailable");
}

#[actix_web::test]
async fn the_issuers_path_precedes_me() {
    let issuer = FakeIssuer::start();
    issuer.respond_with("/tenant/me", user("alice", "user"));
    let address = IssuerUrl::parse(&issuer.at("/tenant/"), false).unwrap();

    let response = app_asking(&address, CACHE_TTL).await.get("/", &token()).await;

    assert_eq!(response.text, "7 alice user");
}
