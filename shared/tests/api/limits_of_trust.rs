//! Limits of trust in clocks, keys, status lists and disk copies.

use std::{fs, sync::Arc, time::Duration};

use serde_json::json;
use service_kit::testing::eventually;
use shared::{
    AuthError, ResourceServer, TokenVerifier, UnixTime,
    client::{Issuer, SetupError},
    errors::Flaw,
    keys::{InvalidKey, PublicKey},
    status::{StatusBits, StatusList, StatusListCache, StatusListToken, StatusPolicy},
    testing::{AUDIENCE, claims, issuer, jwks, mint, resource_server_builder, status, verifier},
};
use tokio::sync::Semaphore;

use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, JWKS, LISTS},
    support::{disk_copy_in, modified},
};

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_leeway_of_more_than_a_minute_is_rejected() {
    let with_leeway = |leeway: Duration| TokenVerifier::new(AUDIENCE).trust(issuer()).with_leeway(leeway);
    let expired = mint(&modified(claims("alice", "user"), |claims| claims.exp = UnixTime::now().minus(MINUTE * 2)));

    assert_eq!(with_leeway(MINUTE * 60).verify(&expired, UnixTime::now()).err(), Some(AuthError::Expired));
    let server = resource_server_builder().leeway(MINUTE + Duration::from_secs(1));
    assert!(matches!(server.spawn(), Err(SetupError::Leeway { max }) if max == MINUTE));
}

#[actix_web::test]
async fn a_leeway_of_a_minute_is_accepted() {
    assert!(resource_server_builder().leeway(MINUTE).spawn().is_ok());
}

#[test]
fn a_token_issued_in_the_future_is_rejected_beyond_the_clock_skew() {
    let verify = |ahead: Duration| {
        let token = mint(&modified(claims("alice", "user"), |claims| claims.iat = UnixTime::now().plus(ahead)));
        verifier().verify(&token, UnixTime::now()).map(|_| ())
    };

    assert_eq!(verify(Duration::from_secs(30)), Ok(()));
    assert_eq!(verify(MINUTE * 2), Err(AuthError::Invalid(Flaw::NotYetValid)));
}

#[test]
fn a_key_with_a_small_or_even_exponent_is_rejected() {
    let modulus = [&[0x80][..], &[0; 254], &[1]].concat();
    let with_exponent = |exponent: &[u8]| PublicKey::from_components(&modulus, exponent).err();

    for small_or_even in [&[1][..], &[3], &[17], &[1, 1], &[255, 255], &[1, 0, 0]] {
        assert_eq!(with_exponent(small_or_even), Some(InvalidKey::Exponent), "{small_or_even:?}");
    }
    assert_ne!(with_exponent(&[1, 0, 1]), Some(InvalidKey::Exponent));
    assert_ne!(with_exponent(&[1, 0, 0, 1]), Some(InvalidKey::Exponent));
}

/// A verifier with a list issued `age` ago and confirmed just now.
fn verifier_with_list(age: Duration, ttl: Duration) -> TokenVerifier {
    const URI: &str = "http://localhost:5000/status-lists/1";
    let now = UnixTime::now();
    let lists = Arc::new(StatusListCache::new(MINUTE * 5));
    let list = StatusList::new(StatusBits::Two, 16);
    let (issued_at, expires_at) = (now.minus(age), now.plus(MINUTE * 30));
    lists.put(StatusListToken { uri: URI.to_owned(), issued_at, expires_at, ttl, list }, now);
    TokenVerifier::new(AUDIENCE).trust(issuer().with_status(lists, StatusPolicy::strict()))
}

#[test]
fn a_replayed_old_list_is_treated_as_stale() {
    let uri = "http://localhost:5000/status-lists/1";
    let token = mint(&modified(claims("alice", "user"), |claims| claims.status = status(uri, 0)));
    let verify = |age: Duration, ttl: Duration| {
        verifier_with_list(age, ttl).verify(&token, UnixTime::now()).map(|token| token.sub.clone())
    };

    assert_eq!(verify(MINUTE * 14, Duration::from_secs(2)), Ok("alice".to_owned()));
    assert_eq!(verify(MINUTE * 16, Duration::from_secs(2)), Err(AuthError::StatusUnavailable));
    assert_eq!(verify(MINUTE * 16, MINUTE * 60), Ok("alice".to_owned()), "the ttl extends the limit");
}

#[actix_web::test]
async fn a_poisoned_disk_copy_is_replaced_by_the_first_response() {
    let issuer = FakeIssuer::start();
    let good_keys = FakeResponse::json(&jwks()).with_etag("\"1\"");
    issuer.respond_with(JWKS, good_keys.clone());
    issuer.respond_with(LISTS, FakeResponse::json(&json!({ "status_lists": [] })));
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let issuer = Issuer::discover(&issuer.url).require_status(false);
        ResourceServer::builder(AUDIENCE).issuer(issuer).cache_dir(folder.path()).spawn().unwrap()
    };
    let has_key = |server: &ResourceServer, kid: &str| {
        let found = server.issuers()[0].keys().find(Some(kid), UnixTime::now());
        found.is_ok_and(|key| key.is_some())
    };
    let before = start();
    let copy = disk_copy_in(folder.path(), "keys").await;
    drop(before);
    let poisoned = fs::read_to_string(&copy).unwrap().replace("test-key", "attacker");
    fs::write(&copy, poisoned).unwrap();

    let gate = Arc::new(Semaphore::new(0));
    issuer.respond_with(JWKS, good_keys.gated_by(&gate));
    let after = start();
    assert!(has_key(&after, "attacker"), "the copy is used until the issuer responds");
    gate.add_permits(100);

    eventually(async || has_key(&after, "test-key").then_some(())).await;
    assert!(!has_key(&after, "attacker"));
}
