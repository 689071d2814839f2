//! The cache of verified tokens, and everything that invalidates its entries.

use std::{sync::Arc, time::Duration};

use shared::{
    AuthError, Claims, TokenVerifier, UnixTime,
    claims::{Status, StatusEntry},
    errors::Flaw,
    keys::{JwksCache, KeySet},
    status::{StatusBits, StatusList, StatusListCache, StatusListToken, StatusPolicy},
    testing::{AUDIENCE, ISSUER, claims, jwks, mint},
    verifier::{TokenCache, TrustedIssuer},
};

use crate::support::modified;

const MAX_STALE: Duration = Duration::from_hours(1);
const BYTES: u64 = 1024 * 1024;

fn issuer_keys() -> KeySet {
    KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap()
}

/// The fixed key under another id, as if it had been withdrawn.
fn other_keys() -> KeySet {
    KeySet::from_jwks(jwks().to_string().replace("test-key", "another-key").as_bytes()).unwrap()
}

fn key_cache() -> Arc<JwksCache> {
    let keys = Arc::new(JwksCache::refreshed(MAX_STALE));
    keys.replace(issuer_keys(), UnixTime::now());
    keys
}

fn caching_verifier(keys: &Arc<JwksCache>, tokens: usize) -> TokenVerifier {
    let cache = TokenCache::new(tokens, BYTES);
    TokenVerifier::new(AUDIENCE).trust(TrustedIssuer::new(ISSUER, Arc::clone(keys))).with_cache(cache)
}

fn hits(verifier: &TokenVerifier) -> u64 {
    verifier.cache().unwrap().hits_and_misses().0
}

fn numbered_claims(number: usize) -> Claims {
    modified(claims("alice", "user"), |claims| claims.jti = format!("jti-{number}"))
}

#[test]
fn a_token_is_cached_with_its_claims() {
    let verifier = caching_verifier(&key_cache(), 100);
    let token = mint(&claims("alice", "user"));

    let first = verifier.verify(&token, UnixTime::now()).unwrap();
    let second = verifier.verify(&token, UnixTime::now()).unwrap();

    assert_eq!((&second.sub, second.claims()), (&"alice".to_owned(), first.claims()));
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(verifier.cache().unwrap().hits_and_misses(), (1, 1));
    assert_eq!(verifier.counts().by_result().iter().map(|(_, count)| count).sum::<u64>(), 2);
}

#[test]
fn a_cached_token_expires_like_any_other() {
    let verifier = caching_verifier(&key_cache(), 100);
    let token = mint(&claims("alice", "user"));
    let now = UnixTime::now();
    verifier.verify(&token, now).unwrap();

    let late = [(); 2].map(|()| verifier.verify(&token, now.plus(Duration::from_mins(15))).err());

    assert!(late.iter().all(|error| *error == Some(AuthError::Expired)), "{late:?}");
    assert_eq!(hits(&verifier), 2);
}

#[test]
fn tokens_of_a_withdrawn_key_are_evicted_immediately() {
    let keys = key_cache();
    let verifier = caching_verifier(&keys, 100);
    let token = mint(&claims("alice", "user"));
    verifier.verify(&token, UnixTime::now()).unwrap();

    keys.replace(other_keys(), UnixTime::now());

    assert_eq!(verifier.verify(&token, UnixTime::now()).err(), Some(AuthError::Invalid(Flaw::UnknownKey)));
    keys.replace(issuer_keys(), UnixTime::now());
    assert!(verifier.verify(&token, UnixTime::now()).is_ok());
}

#[test]
fn republishing_the_same_keys_keeps_cached_tokens() {
    let keys = key_cache();
    let verifier = caching_verifier(&keys, 100);
    let token = mint(&claims("alice", "user"));
    verifier.verify(&token, UnixTime::now()).unwrap();

    keys.replace(issuer_keys(), UnixTime::now());
    keys.confirm(UnixTime::now());

    assert!(verifier.verify(&token, UnixTime::now()).is_ok());
    assert_eq!(hits(&verifier), 1);
}

#[test]
fn cached_tokens_are_rejected_once_the_keys_are_stale() {
    let verifier = caching_verifier(&key_cache(), 100);
    let token = mint(&modified(claims("alice", "user"), |claims| claims.exp = claims.exp.plus(MAX_STALE * 2)));
    let now = UnixTime::now();
    verifier.verify(&token, now).unwrap();

    let late = verifier.verify(&token, now.plus(MAX_STALE + Duration::from_mins(1)));

    assert_eq!(late.err(), Some(AuthError::KeysUnavailable));
}

#[test]
fn a_cached_token_is_revoked_like_any_other() {
    const URI: &str = "http://localhost:5000/status-lists/1";
    let statuses = Arc::new(StatusListCache::new(MAX_STALE));
    let list_with = |value| {
        let mut list = StatusList::new(StatusBits::Two, 16);
        list.set(3, value).unwrap();
        let now = UnixTime::now();
        Arc::new(StatusListToken {
            uri: URI.to_owned(),
            issued_at: now,
            expires_at: now.plus(MAX_STALE),
            ttl: Duration::ZERO,
            list,
        })
    };
    statuses.replace([list_with(0)], UnixTime::now());
    let verifier = TokenVerifier::new(AUDIENCE)
        .trust(TrustedIssuer::new(ISSUER, key_cache()).with_status(Arc::clone(&statuses), StatusPolicy::strict()))
        .with_cache(TokenCache::new(100, BYTES));
    let entry = StatusEntry { idx: 3, uri: URI.to_owned() };
    let status = Some(Status::list_entry(&entry.uri, entry.idx));
    let token = mint(&modified(claims("alice", "user"), |claims| claims.status = status));
    verifier.verify(&token, UnixTime::now()).unwrap();

    let mut verdicts = Vec::new();
    for value in [1, 3, 0] {
        statuses.replace([list_with(value)], UnixTime::now());
        verdicts.push(verifier.verify(&token, UnixTime::now()).err());
    }

    assert_eq!(verdicts, [Some(AuthError::Revoked), Some(AuthError::ClaimsStale), None]);
    assert_eq!(hits(&verifier), 3);
}

#[test]
fn a_cached_tokens_signature_does_not_validate_another_token() {
    let verifier = caching_verifier(&key_cache(), 100);
    let (alice, admin) = (mint(&claims("alice", "user")), mint(&claims("alice", "admin")));
    verifier.verify(&alice, UnixTime::now()).unwrap();
    let (_, signature) = alice.rsplit_once('.').unwrap();
    let (wanted, _) = admin.rsplit_once('.').unwrap();

    let forged = verifier.verify(&format!("{wanted}.{signature}"), UnixTime::now());

    assert_eq!(forged.err(), Some(AuthError::Invalid(Flaw::Signature)));
    assert_eq!(hits(&verifier), 0);
}

#[test]
fn an_expired_token_that_is_sent_again_is_not_verified_again() {
    let verifier = caching_verifier(&key_cache(), 100);
    let now = UnixTime::now();
    let expired = mint(&modified(claims("alice", "user"), |claims| claims.exp = now));

    let errors = [(); 3].map(|()| verifier.verify(&expired, now).err());
    let long_expired = modified(claims("bob", "user"), |claims| claims.exp = now.minus(Duration::from_hours(2)));
    let much_later = verifier.verify(&mint(&long_expired), now);

    assert!(errors.iter().all(|error| *error == Some(AuthError::Expired)), "{errors:?}");
    assert_eq!(much_later.err(), Some(AuthError::Expired));
    assert_eq!((hits(&verifier), verifier.cache().unwrap().len()), (2, 1));
}

#[test]
fn invalid_tokens_are_not_cached() {
    let verifier = caching_verifier(&key_cache(), 100);
    let now = UnixTime::now();
    let good = mint(&claims("alice", "user"));

    for (bad, claims) in [
        (
            mint(&modified(claims("alice", "user"), |claims| claims.iss = "http://evil.example".to_owned())),
            "another issuer",
        ),
        (good.replacen("ey", "ex", 1), "malformed"),
        (good.chars().rev().collect(), "reversed"),
    ] {
        assert!(verifier.verify(&bad, now).is_err(), "{claims}");
    }
    assert!(verifier.cache().unwrap().is_empty());
}

#[test]
fn a_flood_of_valid_tokens_neither_grows_the_cache_nor_evicts_a_hot_token() {
    const CAPACITY: usize = 200;
    let verifier = caching_verifier(&key_cache(), CAPACITY);
    let hot = mint(&claims("hot", "user"));
    let now = UnixTime::now();
    for _ in 0..10 {
        verifier.verify(&hot, now).unwrap();
    }
    let mut hot_hits = 0;

    for number in 0..2000 {
        verifier.verify(&mint(&numbered_claims(number)), now).unwrap();
        let before = hits(&verifier);
        if number % 20 == 0 {
            verifier.verify(&hot, now).unwrap();
            hot_hits += hits(&verifier) - before;
        }
    }

    assert!(verifier.cache().unwrap().len() <= CAPACITY, "{}", verifier.cache().unwrap().len());
    assert!(hot_hits >= 95, "the hot token was found {hot_hits} of 100 times");
}

#[test]
fn the_cache_is_bounded_in_bytes() {
    let verifier = caching_verifier(&key_cache(), 1_000_000);
    let now = UnixTime::now();

    for number in 0..500 {
        let large = numbered_claims(number).with_other("notes", "x".repeat(8 * 1024));
        verifier.verify(&mint(&large), now).unwrap();
    }

    let held = verifier.cache().unwrap().len() as u64;
    assert!((1..=BYTES / (2 * 8 * 1024)).contains(&held), "{held}");
}
