//! JWK sets fetched in the background.

use std::{net::TcpListener, sync::Arc, thread, time::Duration};

use actix_web::web;
use futures_util::future::join_all;
use serde_json::json;
use shared::{
    AuthError, Claims, Jwt, TokenVerifier, UnixTime,
    client::{InvalidUrl, IssuerUrl, JwksSource, refresh_keys},
    keys::{JwksCache, KeySet, VERIFIER_HEADER},
    tasks::SupervisedTask,
    testing::{AUDIENCE, KID, claims, jwks, mint},
    verifier::TrustedIssuer,
};
use tokio::time::timeout;

use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, JWKS, METADATA},
    support::{Response, TestApp, header, jwks_with, modified, token, with},
};

const OFTEN: Duration = Duration::from_millis(20);
const HOURLY: Duration = Duration::from_hours(1);
const MAX_STALE: Duration = Duration::from_mins(5);

/// A service that trusts one issuer and refreshes its keys.
struct Service {
    app: TestApp,
    cache: Arc<JwksCache>,
    issuer: String,
    _refresher: SupervisedTask,
}

impl Service {
    async fn start(source: JwksSource, issuer: &str, interval: Duration) -> Self {
        let cache = Arc::new(JwksCache::refreshed(MAX_STALE));
        let verifier = TokenVerifier::new(AUDIENCE).trust(TrustedIssuer::new(issuer, Arc::clone(&cache)));
        let app = TestApp::verifying(verifier, |app| {
            app.route("/", web::get().to(async |jwt: Jwt| jwt.identity().to_owned()));
        })
        .await;
        let refresher = refresh_keys(Arc::clone(&cache), source, interval, None, Arc::default());
        Self { app, cache, issuer: issuer.to_owned(), _refresher: refresher }
    }

    /// A service that discovers the issuer's JWK set through its metadata.
    async fn of(issuer: &FakeIssuer, interval: Duration) -> Self {
        let source = JwksSource::of_issuer(&issuer.url, issuer.address()).unwrap().as_instance("replica-1");
        Self::start(source, &issuer.url, interval).await
    }

    fn claims(&self) -> Claims {
        modified(claims("alice", "user"), |claims| claims.iss.clone_from(&self.issuer))
    }

    async fn response(&self) -> Response {
        self.app.get("/", &mint(&self.claims())).await
    }

    async fn response_to_kid(&self, kid: &str) -> Response {
        let claims = serde_json::to_value(self.claims()).unwrap();
        self.app.get("/", &token(&with(header(), "kid", kid), &claims)).await
    }
}

fn good_keys() -> FakeResponse {
    FakeResponse::json(&jwks())
}

#[actix_web::test]
async fn the_jwks_uri_is_read_from_the_issuers_metadata() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());

    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(JWKS, 2).await;

    assert_eq!(service.response().await.text, "alice");
    assert_eq!(issuer.requests_to(METADATA).len(), 1, "the metadata is cached");
    assert_eq!(issuer.requests_to(JWKS)[0].header(&VERIFIER_HEADER.to_lowercase()), Some("replica-1"));
}

#[actix_web::test]
async fn documents_can_be_fetched_from_an_internal_address() {
    let issuer = FakeIssuer::start();
    let public = "https://auth.example.com";
    issuer.respond_with(
        METADATA,
        FakeResponse::json(&json!({ "issuer": public, "jwks_uri": format!("{public}{JWKS}") })),
    );
    issuer.respond_with(JWKS, good_keys());

    let source = JwksSource::of_issuer(public, issuer.address()).unwrap();
    let service = Service::start(source, public, OFTEN).await;
    issuer.wait_for_requests_to(JWKS, 2).await;

    assert_eq!(service.response().await.text, "alice");
}

#[actix_web::test]
async fn metadata_of_another_issuer_is_ignored() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());
    for (claimed, jwks_uri) in [
        ("https://evil.example", issuer.at(JWKS)),
        (&*format!("{}/", issuer.url), issuer.at(JWKS)),
        (&issuer.url, "file:///etc/passwd".to_owned()),
    ] {
        issuer.respond_with(METADATA, FakeResponse::json(&json!({ "issuer": claimed, "jwks_uri": jwks_uri })));

        let service = Service::of(&issuer, OFTEN).await;
        issuer.wait_for_requests_to(METADATA, 2).await;

        assert_eq!(service.response().await.refusal().1, "keys_unavailable", "{claimed} {jwks_uri}");
    }
    assert!(issuer.requests_to(JWKS).is_empty());
}

#[actix_web::test]
async fn unchanged_keys_are_confirmed_by_304() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys().with_etag("\"1\""));

    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(JWKS, 3).await;

    let requests = issuer.requests_to(JWKS);
    assert_eq!(requests[0].header("if-none-match"), None);
    assert!(requests[1..].iter().all(|request| request.header("if-none-match") == Some("\"1\"")), "{requests:?}");
    service.cache.confirm(UnixTime::from_seconds(0));
    issuer.wait_for_requests_to(JWKS, 2).await;
    assert_eq!(service.response().await.text, "alice", "a 304 confirms the keys");
}

#[actix_web::test]
async fn a_changed_etag_replaces_the_keys() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys().with_etag("\"1\""));
    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(JWKS, 2).await;

    issuer.respond_with(JWKS, FakeResponse::json(&jwks_with("new-key")).with_etag("\"2\""));
    issuer.wait_for_requests_to(JWKS, 2).await;

    assert_eq!(service.response_to_kid("new-key").await.text, "alice");
    assert_eq!(service.response_to_kid(KID).await.refusal().1, "invalid_token");
    assert!(issuer.requests_to(JWKS).iter().any(|request| request.header("if-none-match") == Some("\"2\"")));
}

#[actix_web::test]
async fn concurrent_requests_with_an_unknown_kid_wait_for_one_refetch() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());
    let service = Service::of(&issuer, HOURLY).await;
    first_keys(&service).await;

    issuer.respond_with(JWKS, FakeResponse::json(&jwks_with("new-key")));
    let responses = join_all((0..20).map(|_| service.response_to_kid("new-key"))).await;

    assert!(responses.iter().all(|response| response.text == "alice"), "{responses:?}");
    assert_eq!(issuer.requests_to(JWKS).len(), 2, "one fetch at startup and one for all requests");
}

#[actix_web::test]
async fn a_flood_of_unknown_kids_causes_few_fetches() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());
    let service = Service::of(&issuer, HOURLY).await;
    first_keys(&service).await;
    let kids: Vec<_> = (0..300).map(|number| format!("invented-{number}")).collect();

    let responses = join_all(kids.iter().map(|kid| service.response_to_kid(kid))).await;

    assert!(responses.iter().all(|response| response.refusal() == (401, "invalid_token", "Invalid token")));
    assert!(issuer.requests_to(JWKS).len() <= 5, "{} fetches", issuer.requests_to(JWKS).len());
    assert_eq!(service.response().await.text, "alice");
}

#[actix_web::test]
async fn a_token_of_another_issuer_causes_no_fetch() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());
    let service = Service::of(&issuer, HOURLY).await;
    first_keys(&service).await;
    let foreign = modified(service.claims(), |claims| claims.iss = "http://localhost:1".into());
    let of_another = token(&with(header(), "kid", "their-key"), &json!(foreign));

    let responses = join_all((0..30).map(|_| service.app.get("/", &of_another))).await;

    assert!(responses.iter().all(|response| response.refusal().1 == "invalid_token"), "{responses:?}");
    assert_eq!((issuer.requests_to(JWKS).len(), service.cache.misses()), (1, 0));
}

#[actix_web::test]
async fn a_key_is_found_after_a_flood_of_unknown_kids() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());
    let service = Service::of(&issuer, HOURLY).await;
    first_keys(&service).await;
    for round in 0..4 {
        let kids: Vec<_> = (0..100).map(|number| format!("invented-{round}-{number}")).collect();
        join_all(kids.iter().map(|kid| service.response_to_kid(kid))).await;
    }

    issuer.respond_with(JWKS, FakeResponse::json(&jwks_with("new-key")));

    let found = async {
        while service.response_to_kid("new-key").await.text != "alice" {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), found).await.unwrap();
}

#[actix_web::test]
async fn an_issuer_that_is_down_at_startup_is_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let source = JwksSource::of_issuer(&url, IssuerUrl::parse(&url, false).unwrap()).unwrap();
    let first_connection = thread::spawn(move || {
        drop(listener.accept().unwrap());
        listener
    });
    let service = Service::start(source, &url, OFTEN).await;
    let while_down = service.response().await;
    let listener = web::block(|| first_connection.join().unwrap()).await.unwrap();

    let issuer = FakeIssuer::start_at(listener);
    issuer.respond_with(JWKS, good_keys());
    issuer.wait_for_requests_to(JWKS, 2).await;

    assert_eq!(while_down.refusal().1, "keys_unavailable");
    assert_eq!(service.response().await.text, "alice");
}

#[actix_web::test]
async fn an_invalid_response_does_not_discard_valid_keys() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());
    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(JWKS, 2).await;
    let elsewhere = "/elsewhere.json";
    issuer.respond_with(elsewhere, FakeResponse::json(&jwks_with("stranger")));
    let too_long = jwks_with("stranger").to_string() + &" ".repeat(JwksSource::MAX_LEN);

    for (case, response) in [
        ("an error", FakeResponse::new(500, "")),
        ("garbage", FakeResponse::new(200, "<html>")),
        ("no keys", FakeResponse::json(&json!({ "keys": [] }))),
        ("203", FakeResponse::new(203, jwks_with("stranger").to_string())),
        ("an unsolicited 304", FakeResponse::new(304, "")),
        ("more than 256 KiB", FakeResponse::new(200, too_long)),
        ("a redirect", FakeResponse::new(302, "").with_header("Location", elsewhere)),
    ] {
        issuer.respond_with(JWKS, response);
        issuer.wait_for_requests_to(JWKS, 2).await;

        assert_eq!(service.response().await.text, "alice", "{case}");
        assert!(service.cache.find(Some("stranger"), UnixTime::now()).unwrap().is_none(), "{case}");
    }
    assert!(issuer.requests_to(elsewhere).is_empty());
}

#[actix_web::test]
async fn metadata_is_refetched_when_the_jwks_uri_fails() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(JWKS, good_keys());
    let service = Service::of(&issuer, OFTEN).await;
    issuer.wait_for_requests_to(JWKS, 2).await;
    let moved = "/new-keys.json";

    issuer.respond_with(moved, FakeResponse::json(&jwks_with("new-key")));
    issuer.respond_with(METADATA, FakeResponse::json(&json!({ "issuer": issuer.url, "jwks_uri": issuer.at(moved) })));
    issuer.respond_with(JWKS, FakeResponse::new(410, ""));
    issuer.wait_for_requests_to(moved, 2).await;

    assert_eq!(service.response_to_kid("new-key").await.text, "alice");
}

#[test]
fn keys_are_valid_for_max_stale_after_the_issuer_last_confirmed_them() {
    let cache = Arc::new(JwksCache::refreshed(MAX_STALE));
    let verifier = TokenVerifier::new(AUDIENCE).trust(TrustedIssuer::new(shared::testing::ISSUER, Arc::clone(&cache)));
    let fetched = UnixTime::now();
    let token = mint(&modified(claims("alice", "user"), |claims| claims.exp = fetched.plus(HOURLY)));
    let verdict_after = |seconds: u64| verifier.verify(&token, fetched.plus(Duration::from_secs(seconds))).map(|_| ());
    assert_eq!(verdict_after(0), Err(AuthError::KeysUnavailable));

    cache.replace(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap(), fetched);
    assert_eq!(verdict_after(300), Ok(()));
    assert_eq!(verdict_after(301), Err(AuthError::KeysUnavailable));
    assert!(!verifier.is_ready(fetched.plus(Duration::from_secs(301))));

    cache.confirm(fetched.plus(Duration::from_secs(200)));
    assert_eq!(verdict_after(500), Ok(()));
    assert_eq!(verdict_after(501), Err(AuthError::KeysUnavailable));
}

#[test]
fn plain_http_is_allowed_for_loopback_only() {
    for good in ["https://auth.example.com", "http://localhost:5000", "http://127.0.0.1", "http://[::1]:1"] {
        assert!(IssuerUrl::parse(good, false).is_ok(), "{good}");
    }
    for remote in ["http://auth.example.com", "http://127.0.0.1.evil.example", "http://localhost.evil.example"] {
        assert_eq!(IssuerUrl::parse(remote, false), Err(InvalidUrl::Insecure(remote.to_owned())));
        assert!(IssuerUrl::parse(remote, true).is_ok(), "{remote}");
    }
    for bad in ["", "auth.example.com", "ftp://localhost", "file:///etc/passwd"] {
        assert_eq!(IssuerUrl::parse(bad, true), Err(InvalidUrl::Malformed));
    }
}

/// Waits for the first fetch, which happens when this task yields.
async fn first_keys(service: &Service) {
    while !service.cache.is_current(UnixTime::now()) {
        tokio::task::yield_now().await;
    }
}
