//! ID tokens, logout tokens and hints. Rows are those of the OpenID Connect checklist.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    AuthError, TokenVerifier, UnixTime,
    keys::{JwksCache, KeySet},
    verifier::TrustedIssuer,
};

use super::{id_token::IdGrant, id_token_hint::IdTokenHint, issuer::TokenIssuer, logout_token::LogoutGrant};
use crate::{
    ids::{SessionId, UserId},
    keys::{
        key_fixtures::{KEYS, at, timed},
        key_ring::KeyRing,
        timed_key::TimedKey,
    },
};

const ISSUER: &str = "https://login.example.com";
const BROWSER: SessionId = SessionId::from_bytes([7; 16]);

fn issuer() -> TokenIssuer {
    TokenIssuer { issuer: ISSUER.to_owned(), audience: "api".to_owned() }
}

/// The first key signs access tokens, the second ID tokens; both are forgotten at 1000.
fn ring() -> KeyRing {
    let key = timed(0, 0, 0, Some((900, 1000)));
    KeyRing::new(vec![TimedKey { id_key: Some(Arc::clone(&KEYS[1])), ..key }])
}

fn grant(nonce: Option<&str>) -> IdGrant<'_> {
    IdGrant {
        user: UserId::from(42),
        client_id: "shop",
        browser: BROWSER,
        auth_time: at(90),
        nonce,
        access_token: "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y",
        expires_at: at(350),
    }
}

fn id_token() -> String {
    issuer().issue_id_token(&grant(Some("n1")), &ring(), at(100)).unwrap()
}

fn logout_token() -> String {
    let grant = LogoutGrant { user: UserId::from(42), client_id: "shop", browser: BROWSER };
    issuer().issue_logout_token(&grant, &ring(), at(100)).unwrap()
}

fn part(token: &str, number: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap()).unwrap()
}

#[test]
fn row_49_an_id_token_has_the_claims_of_the_standard_and_no_personal_ones() {
    let token = id_token();

    assert_eq!(part(&token, 0), json!({ "alg": "RS256", "typ": "JWT", "kid": KEYS[1].kid() }));
    let expected = json!({
        "iss": ISSUER, "sub": "42", "aud": "shop", "exp": 350, "iat": 100, "auth_time": 90, "nonce": "n1",
        "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "acr": "pwd", "amr": ["pwd"], "sid": BROWSER.to_string(),
    });
    assert_eq!(part(&token, 1), expected);
    let (message, signature) = token.rsplit_once('.').unwrap();
    assert!(KEYS[1].has_signed(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()));
}

#[test]
fn row_49_a_nonce_that_was_not_sent_is_absent() {
    let token = issuer().issue_id_token(&grant(None), &ring(), at(100)).unwrap();

    assert_eq!(part(&token, 1).get("nonce"), None);
}

#[test]
fn a_logout_token_names_the_session_and_the_event_and_has_no_nonce() {
    let (first, second) = (logout_token(), logout_token());

    assert_eq!(part(&first, 0), json!({ "alg": "RS256", "typ": "logout+jwt", "kid": KEYS[1].kid() }));
    let mut claims = part(&first, 1);
    let jti = claims["jti"].take();
    assert_ne!(jti, part(&second, 1)["jti"]);
    let expected = json!({
        "iss": ISSUER, "sub": "42", "aud": "shop", "iat": 100, "exp": 220, "jti": null, "sid": BROWSER.to_string(),
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    assert_eq!(claims, expected);
}

#[test]
fn row_52_neither_passes_as_an_access_token_although_its_key_is_in_the_jwks() {
    let ring = ring();
    let published = KeySet::from_jwks(ring.jwks(at(100)).as_bytes()).unwrap();
    assert!(published.find(Some(KEYS[0].kid())).is_some() && published.find(Some(KEYS[1].kid())).is_some());
    let keys = Arc::new(JwksCache::refreshed(Duration::MAX));
    keys.replace(published, at(100));
    let verifier = TokenVerifier::new("shop").trust(TrustedIssuer::new(ISSUER, keys));

    for token in [id_token(), logout_token()] {
        let refused = verifier.verify(&token, at(110)).map(drop);

        assert!(matches!(refused, Err(AuthError::Invalid(_))), "{refused:?}");
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(!KEYS[0].has_signed(message.as_bytes(), &signature), "a verifier with the access tokens' key only");
    }
    assert!(ring.key_set(at(100)).unwrap().find(Some(KEYS[1].kid())).is_none(), "this service's own verifier");
}

#[test]
fn without_an_id_key_there_is_no_id_token() {
    let ring = KeyRing::new(vec![timed(0, 0, 0, None)]);

    assert!(issuer().issue_id_token(&grant(None), &ring, at(100)).is_err());
}

#[test]
fn row_19_an_id_token_hints_at_its_user_also_when_it_has_expired() {
    let expected = IdTokenHint { user: UserId::from(42), client_id: "shop".to_owned(), browser: Some(BROWSER) };

    for now in [100, 351, 999] {
        assert_eq!(issuer().read_id_token_hint(&id_token(), &ring(), at(now)), Some(expected.clone()), "{now}");
    }
    assert_eq!(issuer().read_id_token_hint(&id_token(), &ring(), at(1000)), None, "its key is no longer published");
}

#[test]
fn only_an_id_token_of_this_issuer_is_a_hint() {
    let now = UnixTime::from_seconds(100);
    let good = id_token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    let claims = part(&good, 1);
    let of_another_issuer = TokenIssuer { issuer: "https://evil.example".to_owned(), audience: String::new() };
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let other_payload = encoded(&json!({ "iss": ISSUER, "sub": "1", "aud": "shop" }));
    let unsigned = encoded(&json!({ "alg": "none", "typ": "JWT", "kid": KEYS[1].kid() }));

    for bad in [
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{message}."),
        format!("{good}.{signature}"),
        format!("{header}.{other_payload}.{signature}"),
        format!("{unsigned}.{payload}."),
        format!("{unsigned}.{payload}.{signature}"),
        logout_token(),
        KEYS[0].sign_id_token(&claims).unwrap(),
        KEYS[1].sign_access_token(&claims).unwrap(),
        KEYS[1].sign_id_token(&json!({ "iss": ISSUER, "sub": "john", "aud": "shop" })).unwrap(),
        KEYS[1].sign_id_token(&json!({ "iss": ISSUER, "aud": "shop" })).unwrap(),
        of_another_issuer.issue_id_token(&grant(None), &ring(), now).unwrap(),
        format!("{good}{}", "A".repeat(8 * 1024)),
    ] {
        assert_eq!(issuer().read_id_token_hint(&bad, &ring(), now), None, "{bad}");
    }
}
