//! The compact serialization, its base64url and its length.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    UnixTime,
    errors::Flaw::{Header, NotCompact, Signature, TooLong},
    testing::verifier,
    verifier::MAX_TOKEN_LEN,
};

use super::{assert_rejected, good_token, invalid};
use crate::support::{header, payload, token, with};

#[actix_web::test]
async fn a_token_must_be_a_compact_jws_in_canonical_base64url() {
    let good = good_token();
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let written = |header: &str, payload: &str, signature: &str| format!("{header}.{payload}.{signature}");
    let mut cases = vec![
        invalid("one word", "word", NotCompact),
        invalid("only dots", "..", Header),
        invalid("one part", header, NotCompact),
        invalid("two parts", format!("{header}.{payload}"), NotCompact),
        invalid("four parts", format!("{good}."), NotCompact),
        invalid("five parts", format!("{header}.{payload}.{payload}.{payload}.{signature}"), NotCompact),
        invalid("a leading dot", format!(".{good}"), NotCompact),
        invalid("no header", written("", payload, signature), Header),
        invalid("no payload", written(header, "", signature), Signature),
        invalid("no signature", written(header, payload, ""), Signature),
        invalid("a short signature", written(header, payload, &signature[..340]), Signature),
        invalid("a long signature", written(header, payload, &format!("{}AAAA", &signature[..340])), Signature),
        invalid("padding", format!("{good}=="), NotCompact),
        invalid("padding in the header", written(&format!("{header}="), payload, signature), NotCompact),
        invalid("a trailing comma", format!("{good},"), NotCompact),
        invalid("JSON", r#"{"payload":"e30","signatures":[]}"#, NotCompact),
        invalid("an empty string", "", NotCompact),
    ];
    for space in [" ", "\n", "\r\n", "\t", "\0", "\u{a0}", "é"] {
        for place in [0, 5, header.len(), good.len() - 3, good.len()] {
            let (before, after) = good.split_at(place);
            cases.push(invalid(format!("{space:?} at {place}"), format!("{before}{space}{after}"), NotCompact));
        }
    }
    for foreign in ["+", "/", "*", "%2D"] {
        cases.push(invalid(foreign, written(header, payload, &format!("{foreign}{}", &signature[1..])), NotCompact));
    }

    assert_rejected(cases).await;
}

#[actix_web::test]
async fn a_token_longer_than_16_kib_is_not_parsed() {
    let of_len = |len: usize| format!("{}.e30.", URL_SAFE_NO_PAD.encode(header().to_string())) + &"A".repeat(len);
    let rest = of_len(0).len();

    assert_rejected([
        invalid("16 KiB", of_len(MAX_TOKEN_LEN - rest), Signature),
        invalid("16 KiB and 1", of_len(MAX_TOKEN_LEN + 1 - rest), TooLong),
        invalid("far too long", of_len(10 * MAX_TOKEN_LEN), TooLong),
    ])
    .await;
}

#[test]
fn permitted_variants_of_a_valid_token_are_accepted() {
    let now = UnixTime::now();
    let good = [
        (header(), payload()),
        (with(header(), "typ", "application/at+jwt"), payload()),
        (with(header(), "typ", "AT+JWT"), payload()),
        (with(header(), "jku", "http://localhost:6666"), payload()),
        (header(), with(payload(), "aud", json!(["another-service", "resource-service"]))),
        (header(), with(payload(), "nbf", now.seconds())),
        (header(), with(payload(), "nbf", Value::Null)),
        (header(), with(payload(), "role", Value::Null)),
        (header(), with(payload(), "exp", i64::MAX)),
        (header(), with(payload(), "anything", json!({ "else": [1, 1.5, -1, null, { "a": "é" }] }))),
    ];

    for (header, payload) in good {
        let verified = verifier().verify(&token(&header, &payload), now);

        assert_eq!(verified.map(|token| token.sub.clone()), Ok("alice".to_owned()), "{header} {payload}");
    }
}
