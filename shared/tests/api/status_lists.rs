//! Status lists and status list tokens on their own: test vectors, limits and validation.

use std::{io::Write, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::ZlibEncoder};
use serde_json::{Value, json, to_value};
use shared::{
    AuthError, UnixTime,
    errors::Flaw,
    keys::{JwksCache, KeySet},
    status::{
        InvalidStatusList, InvalidStatusListToken, StatusBits, StatusList, StatusListClaims, StatusListForm,
        StatusListToken, TokenStatus,
    },
    testing::{ISSUER, claims, jwks, mint, mint_raw, mint_status_list, read_statuses, status_list_claims, verifier},
};

use crate::support::{modified, token, with, without};

const URI: &str = "http://localhost:5000/status-lists/1";

fn keys() -> JwksCache {
    JwksCache::fixed(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap())
}

fn list() -> StatusList {
    StatusList::new(StatusBits::Two, 16)
}

fn good() -> StatusListClaims {
    status_list_claims(URI, &list())
}

fn header() -> Value {
    json!({ "alg": "RS256", "typ": "statuslist+jwt", "kid": "test-key" })
}

fn verify(token: &str) -> Result<StatusList, InvalidStatusListToken> {
    let keys = keys();
    StatusListToken::verify(token, URI, StatusListForm::AccessTokenKeys(&keys), UnixTime::now()).map(|token| token.list)
}

fn compressed(bytes: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    URL_SAFE_NO_PAD.encode(encoder.finish().unwrap())
}

#[test]
fn the_drafts_test_vectors_are_decoded_and_encoded() {
    let one = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1].as_slice();
    let two = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3].as_slice();
    for (bits, bytes, lst, values) in [
        (StatusBits::One, [0xb9, 0xa3].as_slice(), "eNrbuRgAAhcBXQ", one),
        (StatusBits::Two, &[0xc9, 0x44, 0xf9], "eNo76fITAAPfAgc", two),
    ] {
        let list = StatusList::from_lst(bits, lst).unwrap();

        assert_eq!(list.bytes(), bytes);
        assert_eq!((0..).map_while(|idx| list.find(idx)).collect::<Vec<_>>(), values);
        assert_eq!(StatusList::from_bytes(bits, bytes.to_vec()).lst(), lst);
        assert_eq!(read_statuses(&mint_status_list(&status_list_claims(URI, &list))), values);
    }
}

#[test]
fn setting_an_entry_leaves_the_others_unchanged() {
    for bits in [StatusBits::One, StatusBits::Two, StatusBits::Four, StatusBits::Eight] {
        let mut list = StatusList::new(bits, 100);
        let largest = u8::MAX >> (8 - u8::from(bits));
        let expected: Vec<u8> = (0..100).map(|idx| u8::try_from(idx * 7).unwrap_or(3) & largest).collect();
        for (idx, value) in (0..).zip(&expected) {
            list.set(idx, largest).unwrap();
            list.set(idx, *value).unwrap();
        }

        let read = StatusList::from_lst(bits, &list.lst()).unwrap();

        assert_eq!(read, list);
        assert_eq!((0..100).map(|idx| read.find(idx).unwrap()).collect::<Vec<_>>(), expected, "{bits:?}");
        assert_eq!(read_statuses(&mint_status_list(&status_list_claims(URI, &list)))[..100], expected, "{bits:?}");
    }
}

#[test]
fn entries_out_of_range_can_be_neither_read_nor_set() {
    let mut list = list();

    assert_eq!(list.entries(), 16);
    for idx in [16, 1 << 32, u64::MAX] {
        assert_eq!(list.find(idx), None, "{idx}");
        assert!(list.set(idx, 0).is_err(), "{idx}");
    }
    assert!(list.set(0, 4).is_err(), "4 does not fit into two bits");
    assert_eq!(list.bytes(), [0; 4]);
}

#[test]
fn a_full_list_compresses_to_under_16_kib() {
    let mut list = StatusList::new(StatusBits::Two, 131_072);
    for idx in (0..131_072).step_by(50) {
        list.set(idx, TokenStatus::Revoked.value()).unwrap();
    }

    let token = mint_status_list(&status_list_claims(URI, &list));

    assert!(token.len() < 16 * 1024, "{}", token.len());
    assert_eq!(verify(&token).unwrap(), list);
}

#[test]
fn an_invalid_list_is_rejected() {
    let trailing = {
        let mut bytes = URL_SAFE_NO_PAD.decode("eNrbuRgAAhcBXQ").unwrap();
        bytes.push(0);
        URL_SAFE_NO_PAD.encode(bytes)
    };
    for (lst, expected) in [
        ("eNrbuRgAAhcBXQ==", InvalidStatusList::NotBase64Url),
        ("eNrbuRgAAhcB+Q", InvalidStatusList::NotBase64Url),
        ("", InvalidStatusList::NotZlib),
        ("uaM", InvalidStatusList::NotZlib),
        ("eNrbuRgAAhcB", InvalidStatusList::NotZlib),
        ("eNrbuRgAAhcBXg", InvalidStatusList::NotZlib),
        (&*trailing, InvalidStatusList::NotZlib),
    ] {
        assert_eq!(StatusList::from_lst(StatusBits::One, lst), Err(expected), "{lst}");
    }
    for bits in [0, 3, 16] {
        assert_eq!(StatusBits::try_from(bits), Err(InvalidStatusList::Bits(bits)));
    }
}

#[test]
fn a_decompression_bomb_is_not_inflated() {
    let (most, bomb) = (vec![0; StatusList::MAX_LEN], vec![0; 64 * StatusList::MAX_LEN]);
    let lst = compressed(&bomb);
    assert!(lst.len() < 128 * 1024);

    let token = with_list(|list| list["lst"] = lst.into());

    assert_eq!(verify(&token), Err(InvalidStatusListToken::List(InvalidStatusList::TooLong)));
    assert_eq!(StatusList::from_lst(StatusBits::One, &compressed(&most)).unwrap().bytes(), most);
}

/// A valid token with a changed list.
fn with_list(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = to_value(good()).unwrap();
    change(&mut claims["status_list"]);
    token(&header(), &claims)
}

#[test]
fn a_status_list_token_is_accepted_only_for_its_own_uri_lifetime_type_and_key() {
    use InvalidStatusListToken::{Expired, Flaw as Flawed, List, Subject};
    let claims = to_value(good()).unwrap();
    let now = UnixTime::now();
    let mut forged = mint_status_list(&good());
    forged.replace_range(forged.len() - 6..forged.len() - 2, "AAAA");
    for (case, token, expected) in [
        ("no token", "x".to_owned(), Flawed(Flaw::NotCompact)),
        ("too long", "x".repeat(StatusListToken::MAX_LEN + 1), Flawed(Flaw::TooLong)),
        ("HS256", token(&with(header(), "alg", "HS256"), &claims), Flawed(Flaw::Algorithm)),
        ("crit", token(&with(header(), "crit", json!(["exp"])), &claims), Flawed(Flaw::Critical)),
        ("JWT", token(&with(header(), "typ", "JWT"), &claims), Flawed(Flaw::Type)),
        ("no typ", token(&without(header(), "typ"), &claims), Flawed(Flaw::Type)),
        ("another key", token(&with(header(), "kid", "another"), &claims), Flawed(Flaw::UnknownKey)),
        ("no kid", token(&without(header(), "kid"), &claims), Flawed(Flaw::UnknownKey)),
        ("forged", forged, Flawed(Flaw::Signature)),
        ("no sub", token(&header(), &without(claims.clone(), "sub")), Flawed(Flaw::Claims)),
        ("no exp", token(&header(), &without(claims.clone(), "exp")), Flawed(Flaw::Claims)),
        ("no list", token(&header(), &without(claims.clone(), "status_list")), Flawed(Flaw::Claims)),
        ("an array", mint_raw(header().to_string(), "[]"), Flawed(Flaw::Claims)),
        ("three bits", with_list(|list| list["bits"] = 3.into()), Flawed(Flaw::Claims)),
        ("invalid zlib", with_list(|list| list["lst"] = "AAAA".into()), List(InvalidStatusList::NotZlib)),
        ("another list", token(&header(), &with(claims.clone(), "sub", format!("{URI}0"))), Subject),
        ("another issuer", token(&header(), &with(claims.clone(), "iss", "http://localhost")), Flawed(Flaw::Issuer)),
        ("expired", token(&header(), &with(claims.clone(), "exp", now.seconds())), Expired),
    ] {
        assert_eq!(verify(&token), Err(expected), "{case}");
    }
    for good in [
        token(&with(header(), "typ", "application/statuslist+jwt"), &claims),
        token(&header(), &with(claims.clone(), "iss", ISSUER)),
        token(&header(), &without(claims.clone(), "ttl")),
        token(&header(), &with(claims.clone(), "aggregation_uri", "x")),
    ] {
        assert_eq!(verify(&good), Ok(list()), "{good}");
    }
    let no_keys = JwksCache::refreshed(Duration::from_mins(1));
    for form in [StatusListForm::AccessTokenKeys(&no_keys), StatusListForm::OwnKeys(&no_keys)] {
        let unsure = StatusListToken::verify(&mint_status_list(&self::good()), URI, form, now);
        assert_eq!(unsure.err(), Some(InvalidStatusListToken::KeysUnavailable));
    }
}

#[test]
fn a_list_with_a_key_of_its_own_has_the_audience_of_lists() {
    let keys = keys();
    let verify = |claims: &Value| {
        let form = StatusListForm::OwnKeys(&keys);
        StatusListToken::verify(&token(&header(), claims), URI, form, UnixTime::now()).map(|token| token.list)
    };
    let claims = to_value(good()).unwrap();

    for aud in [json!("status-list"), json!(["another", "status-list"])] {
        assert_eq!(verify(&with(claims.clone(), "aud", aud)), Ok(list()));
    }
    for aud in [json!("resource-service"), json!([]), json!("status-list-2")] {
        let refused = verify(&with(claims.clone(), "aud", aud));
        assert_eq!(refused, Err(InvalidStatusListToken::Flaw(Flaw::Audience)));
    }
    assert_eq!(verify(&claims), Err(InvalidStatusListToken::Flaw(Flaw::Audience)));
}

#[test]
fn a_status_list_token_is_not_an_access_token() {
    // It has all claims of an access token; only the type differs.
    let mut claims = to_value(claims("alice", "admin")).unwrap();
    claims.as_object_mut().unwrap().extend(to_value(good()).unwrap().as_object().unwrap().clone());

    for token in [mint_status_list(&good()), token(&header(), &claims)] {
        assert_eq!(verifier().verify(&token, UnixTime::now()).err(), Some(AuthError::Invalid(Flaw::Type)));
    }
}

#[test]
fn an_access_token_is_not_a_status_list_token() {
    let with_list = claims("alice", "admin").with_other("status_list", to_value(good().status_list).unwrap());
    let with_list = modified(with_list, |claims| URI.clone_into(&mut claims.sub));

    for token in [mint(&claims("alice", "admin")), mint(&with_list)] {
        assert_eq!(verify(&token), Err(InvalidStatusListToken::Flaw(Flaw::Type)));
    }
}

#[test]
fn a_list_signed_with_a_withdrawn_key_is_rejected() {
    let keys = Arc::new(JwksCache::refreshed(Duration::from_hours(1)));
    let now = UnixTime::now();
    keys.replace(KeySet::from_jwks(jwks().to_string().as_bytes()).unwrap(), now);
    let token = mint_status_list(&good());
    let form = StatusListForm::AccessTokenKeys(&keys);
    assert!(StatusListToken::verify(&token, URI, form, now).is_ok());

    let other = jwks().to_string().replace("test-key", "another");
    keys.replace(KeySet::from_jwks(other.as_bytes()).unwrap(), now);

    let withdrawn = StatusListToken::verify(&token, URI, form, now);
    assert_eq!(withdrawn.err(), Some(InvalidStatusListToken::Flaw(Flaw::UnknownKey)));
}
