//! The JOSE header: algorithm, type, key id, critical parameters and embedded keys.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    errors::Flaw::{Algorithm, Critical, Header, Signature, Type, UnknownKey},
    testing::{PRIVATE_KEY_PEM, PUBLIC_KEY_PEM, mint_raw},
};

use super::{assert_rejected, invalid};
use crate::support::{header, payload, token, with, without};

/// A token with this header and a valid payload; `sign` computes the signature from the signing input.
fn signed(header: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signing_input = format!("{}.{}", encode(header), encode(&payload()));
    let signature = URL_SAFE_NO_PAD.encode(sign(signing_input.as_bytes()));
    format!("{signing_input}.{signature}")
}

fn rsa_signature(key: &RsaKeyPair, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

fn der(pem: &str) -> Vec<u8> {
    pem_rfc7468::decode_vec(pem.as_bytes()).unwrap().1
}

#[actix_web::test]
async fn a_token_cannot_choose_its_algorithm() {
    let key = RsaKeyPair::from_der(&der(PRIVATE_KEY_PEM)).unwrap();
    let with_alg = |alg: &str| with(header(), "alg", alg);
    let hs256 = |secret: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        signed(&with_alg("HS256"), |message| hmac::sign(&key, message).as_ref().to_vec())
    };
    let mut cases = vec![
        invalid("HS256, keyed with the public PEM", hs256(PUBLIC_KEY_PEM.as_bytes()), Algorithm),
        invalid("HS256, keyed with the trimmed PEM", hs256(PUBLIC_KEY_PEM.trim().as_bytes()), Algorithm),
        invalid("HS256, keyed with the public DER", hs256(&der(PUBLIC_KEY_PEM)), Algorithm),
        invalid("RS384", signed(&with_alg("RS384"), |m| rsa_signature(&key, &RSA_PKCS1_SHA384, m)), Algorithm),
        invalid("PS256", signed(&with_alg("PS256"), |m| rsa_signature(&key, &RSA_PSS_SHA256, m)), Algorithm),
        invalid("RS384 under RS256", signed(&header(), |m| rsa_signature(&key, &RSA_PKCS1_SHA384, m)), Signature),
        invalid("PS256 under RS256", signed(&header(), |m| rsa_signature(&key, &RSA_PSS_SHA256, m)), Signature),
        invalid("no alg", token(&without(header(), "alg"), &payload()), Header),
        invalid("alg as an array", token(&with(header(), "alg", json!(["RS256"])), &payload()), Header),
    ];
    for alg in ["none", "None", "NONE", "nOnE"] {
        cases.push(invalid(alg, signed(&with_alg(alg), |_| Vec::new()), Algorithm));
    }
    for alg in ["ES256", "EdDSA", "RS512", "rs256", "RS256 ", ""] {
        cases.push(invalid(alg, token(&with_alg(alg), &payload()), Algorithm));
    }

    assert_rejected(cases).await;
}

#[actix_web::test]
async fn the_header_needs_the_right_typ_a_known_kid_and_no_crit() {
    let mut cases = Vec::new();
    for typ in
        [json!("JWT"), json!("statuslist+jwt"), json!("logout+jwt"), json!("text/at+jwt"), json!(""), json!(null)]
    {
        cases.push(invalid(format!("typ {typ}"), token(&with(header(), "typ", typ), &payload()), Type));
    }
    cases.push(invalid("no typ", token(&without(header(), "typ"), &payload()), Type));
    for kid in [json!("another-key"), json!(""), json!(null)] {
        cases.push(invalid(format!("kid {kid}"), token(&with(header(), "kid", kid), &payload()), UnknownKey));
    }
    cases.push(invalid("no kid", token(&without(header(), "kid"), &payload()), UnknownKey));
    cases.push(invalid("kid as a number", token(&with(header(), "kid", 1), &payload()), Header));
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(null), json!("exp")] {
        cases.push(invalid(format!("crit {crit}"), token(&with(header(), "crit", crit), &payload()), Critical));
    }
    for text in ["", "null", "[]", "\"\"", "{", r#"["RS256","at+jwt","test-key"]"#] {
        cases.push(invalid(format!("header {text:?}"), mint_raw(text, payload().to_string()), Header));
    }

    assert_rejected(cases).await;
}

#[actix_web::test]
async fn a_key_embedded_in_the_token_is_never_used() {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = aws_lc_rs::rsa::PublicKey::from_der(key.public_key().as_ref()).unwrap();
    let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    let jwk = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "mine",
        "n": encode(public.modulus().big_endian_without_leading_zero()),
        "e": encode(public.exponent().big_endian_without_leading_zero()),
    });
    let mut cases = Vec::new();
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("http://localhost:6666/jwks.json")),
        ("x5u", json!("http://localhost:6666/chain.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        let own_kid = with(with(header(), name, value.clone()), "kid", "mine");
        let our_kid = with(header(), name, value);
        let sign = |message: &[u8]| rsa_signature(&key, &RSA_PKCS1_SHA256, message);
        cases.push(invalid(format!("{name} and its kid"), signed(&own_kid, sign), UnknownKey));
        cases.push(invalid(format!("{name} under our kid"), signed(&our_kid, sign), Signature));
        cases.push(invalid(format!("{name} without a kid"), signed(&without(our_kid, "kid"), sign), UnknownKey));
    }

    assert_rejected(cases).await;
}
