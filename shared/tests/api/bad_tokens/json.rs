//! Malformed and ambiguous JSON in the header and the claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use shared::{
    UnixTime,
    errors::Flaw::{self, Header},
    testing::{mint_raw, verifier},
};

use super::{assert_rejected, invalid};
use crate::support::{header, payload};

#[actix_web::test]
async fn duplicate_member_names_are_rejected_at_any_depth() {
    let twice = |object: Value, members: &str| object.to_string().replacen('{', &format!("{{{members},"), 1);
    let mut cases = Vec::new();
    for members in [
        r#""alg":"none""#,
        r#""alg":"RS256""#,
        r#""kid":"another-key""#,
        r#""\u0061lg":"RS256""#,
        r#""x":1,"x":1"#,
        r#""x":{"y":1,"y":1}"#,
    ] {
        let header = twice(header(), members);
        cases.push(invalid(format!("header {members}"), mint_raw(&header, payload().to_string()), Header));
    }
    for members in [
        r#""sub":"bob""#,
        r#""role":"admin""#,
        r#""r\u006fle":"admin""#,
        r#""exp":9999999999"#,
        r#""x":1,"x":1"#,
        r#""x":{"y":1,"y":1}"#,
        r#""x":[[{"y":1,"z":2,"y":1}]]"#,
    ] {
        let payload = twice(payload(), members);
        cases.push(invalid(format!("claims {members}"), mint_raw(header().to_string(), &payload), Flaw::Claims));
    }

    assert_rejected(cases).await;
}

#[actix_web::test]
async fn deep_nesting_and_invalid_utf8_are_rejected() {
    let deep = |object: Value, open: &str, close: &str| {
        let nested = format!(r#"{{"x":{}1{},"#, open.repeat(1_000), close.repeat(1_000));
        object.to_string().replacen('{', &nested, 1)
    };
    let mut cases = Vec::new();
    for (open, close) in [("[", "]"), (r#"{"y":"#, "}")] {
        let (header, payload) = (header(), payload());
        cases.push(invalid("header", mint_raw(deep(header.clone(), open, close), payload.to_string()), Header));
        cases.push(invalid("claims", mint_raw(header.to_string(), deep(payload, open, close)), Flaw::Claims));
    }
    let not_utf8 = |text: String| -> Vec<u8> { text.bytes().map(|b| if b == b'i' { 0xff } else { b }).collect() };
    let (header, payload) = (header().to_string(), payload().to_string());
    cases.push(invalid("no UTF-8", mint_raw(&header, not_utf8(payload.clone())), Flaw::Claims));
    cases.push(invalid("no UTF-8 header", mint_raw(not_utf8(header.replace("kid", "kii")), &payload), Header));
    let marked = format!("\u{feff}{payload}");
    cases.push(invalid("a byte order mark", mint_raw(&header, marked), Flaw::Claims));

    assert_rejected(cases).await;
}

/// What anybody can send costs less than what the issuer has signed: a verifier that trusts one issuer does not even decode the
/// payload before the signature.
#[actix_web::test]
async fn the_claims_are_not_read_before_the_signature_is_verified() {
    let ambiguous = payload().to_string().replacen('{', r#"{"x":{"y":1,"y":1},"#, 1);
    let signature = "A".repeat(342);
    let unsigned = |header: Value| {
        let token = mint_raw(header.to_string(), &ambiguous);
        let (signing_input, _) = token.rsplit_once('.').unwrap();
        format!("{signing_input}.{signature}")
    };
    let encoded_header = URL_SAFE_NO_PAD.encode(header().to_string());
    let mut unknown_key = header();
    unknown_key["kid"] = "another-key".into();

    assert_rejected([
        invalid("a bad signature", unsigned(header()), Flaw::Signature),
        invalid("a payload that is not base64url", format!("{encoded_header}.+.{signature}"), Flaw::Signature),
        invalid("an unknown key", unsigned(unknown_key), Flaw::UnknownKey),
        invalid("signed", mint_raw(header().to_string(), &ambiguous), Flaw::Claims),
    ])
    .await;
}

#[actix_web::test]
async fn a_header_longer_than_3_kib_is_rejected() {
    let of_length = |length: usize| {
        let mut header = header();
        header["x"] = "".into();
        header["x"] = "x".repeat(length - header.to_string().len()).into();
        mint_raw(header.to_string(), payload().to_string())
    };
    let verifier = verifier();

    assert!(verifier.verify(&of_length(3072), UnixTime::now()).is_ok());
    assert_rejected([invalid("too long", of_length(3073), Header)]).await;
}
