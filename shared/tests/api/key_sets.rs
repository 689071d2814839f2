//! Which keys are accepted for verifying signatures.

use std::sync::Arc;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use shared::{
    AuthError, TokenVerifier, UnixTime,
    errors::Flaw,
    keys::{InvalidKey, InvalidKeySet, JwksCache, KeySet, PublicKey},
    pem::InvalidPem,
    testing::{AUDIENCE, ISSUER, KID, PRIVATE_KEY_PEM, PUBLIC_KEY_PEM, claims, jwks, mint},
    verifier::TrustedIssuer,
};

use crate::support::{header, modified, payload, token, with, without};

fn good_key() -> Value {
    jwks()["keys"][0].clone()
}

fn key_set(keys: &[Value]) -> Result<KeySet, InvalidKeySet> {
    KeySet::from_jwks(json!({ "keys": keys }).to_string().as_bytes())
}

/// Keys that cannot or must not verify RS256 signatures.
fn unusable_keys() -> Vec<Value> {
    let number = |len: usize| "A".replacen('A', &"sdfg".repeat(len.div_ceil(3)), 1)[..len * 4 / 3].to_owned();
    let unusable = |name: &str, value: Value| with(good_key(), name, value);
    vec![
        json!({ "kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "use": "sig",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }),
        json!({ "kty": "oct", "kid": "secret", "alg": "HS256", "k": "AAAA" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
        json!({ "kty": "AKP", "kid": "future", "alg": "ML-DSA-65", "pub": "AAAA" }),
        unusable("use", json!("enc")),
        unusable("use", json!("tls")),
        unusable("alg", json!("RS384")),
        unusable("alg", json!("PS256")),
        unusable("alg", json!("RSA-OAEP")),
        unusable("alg", json!("future")),
        unusable("key_ops", json!(["sign"])),
        unusable("key_ops", json!(["encrypt", "wrapKey"])),
        unusable("key_ops", json!([])),
        unusable("kid", json!(7)),
        unusable("d", json!("AQAB")),
        unusable("d", json!(null)),
        without(good_key(), "n"),
        without(good_key(), "e"),
        unusable("n", json!(number(128))),
        unusable("n", json!(number(1200))),
        unusable("n", json!("")),
        unusable("n", json!("not base64!")),
        unusable("n", json!(1)),
        unusable("e", json!("AQ")),
        unusable("e", json!("AAE")),
        unusable("e", json!("AAAAAQ")),
        unusable("e", json!("Ag")),
        unusable("e", json!("AQAA")),
        unusable("e", json!("")),
        unusable("e", json!("AA")),
        json!({}),
        json!(null),
        json!("key"),
        json!([]),
    ]
}

#[test]
fn an_unusable_key_is_ignored_and_does_not_affect_others() {
    for key in unusable_keys() {
        assert_eq!(key_set(std::slice::from_ref(&key)).err(), Some(InvalidKeySet::NoUsableKey), "{key}");

        let beside = key_set(&[key.clone(), good_key(), key.clone()]).unwrap();

        assert_eq!(beside.kids().collect::<Vec<_>>(), [KID], "{key}");
    }
}

#[test]
fn a_key_without_use_and_alg_is_accepted() {
    let bare = without(without(good_key(), "use"), "alg");
    let for_both = with(bare.clone(), "key_ops", json!(["verify", "encrypt"]));
    let with_more = with(bare.clone(), "x5t#S256", "AAAA");

    for key in [bare, for_both, with_more] {
        assert!(key_set(std::slice::from_ref(&key)).is_ok(), "{key}");
    }
}

#[test]
fn a_document_that_is_not_a_jwk_set_is_rejected() {
    let named = |number: usize| with(good_key(), "kid", format!("key-{number}"));
    let keys: Vec<_> = (0..=KeySet::MAX_KEYS).map(named).collect();

    assert_eq!(key_set(&keys).err(), Some(InvalidKeySet::TooManyKeys));
    assert_eq!(key_set(&keys[1..]).unwrap().kids().count(), KeySet::MAX_KEYS);
    assert_eq!(key_set(&[]).err(), Some(InvalidKeySet::NoUsableKey));
    let deep = format!(r#"{{"keys":[{}]}}"#, "[".repeat(100_000));
    for text in ["", "null", "[]", "<html>", "[[]]", "\u{feff}", r#"{"keys":[],"keys":[]}"#, &*deep] {
        let refused = KeySet::from_jwks(text.as_bytes()).err();
        assert_eq!(refused, Some(InvalidKeySet::NotAJwkSet), "{}", text.get(..20).unwrap_or(text));
    }
}

#[test]
fn a_document_that_is_taken_for_a_jwk_set_is_rejected_with_the_reason() {
    let metadata = json!({ "issuer": ISSUER, "jwks_uri": "https://login/jwks.json" }).to_string();
    let long = format!(r#"{{"keys":[],"comment":"{}"}}"#, "x".repeat(1024 * 1024));
    for (text, expected) in [
        (&*good_key().to_string(), InvalidKeySet::SingleKey),
        (&metadata, InvalidKeySet::Metadata),
        ("{}", InvalidKeySet::MissingKeys),
        (r#"{"keys":{}}"#, InvalidKeySet::MissingKeys),
        (r#"{"keys":null}"#, InvalidKeySet::MissingKeys),
        (r#"{"4f2a":"-----BEGIN CERTIFICATE-----"}"#, InvalidKeySet::MissingKeys),
        (&long, InvalidKeySet::TooLong),
    ] {
        assert_eq!(KeySet::from_jwks(text.as_bytes()).err(), Some(expected), "{text:.60}");
    }
}

/// As encoders other than the RFC's write the same key.
#[test]
fn a_key_is_accepted_however_its_numbers_are_written() {
    let n = good_key()["n"].as_str().unwrap().to_owned();
    let modulus = URL_SAFE_NO_PAD.decode(&n).unwrap();
    let signed = [&[0], &*modulus].concat();
    let written = |name: &str, value: String| with(good_key(), name, value);
    let thumbprint = key_set(&[without(good_key(), "kid")]).unwrap().kids().next().unwrap().to_owned();
    assert_eq!(URL_SAFE_NO_PAD.decode(&thumbprint).unwrap().len(), 32);

    for key in [
        written("n", format!("{n}==")),
        written("n", STANDARD.encode(&modulus)),
        written("n", STANDARD.encode(&signed)),
        written("n", URL_SAFE_NO_PAD.encode(&signed)),
        written("e", "AAEAAQ".to_owned()),
        written("e", "AQAB=".to_owned()),
        with(good_key(), "use", json!(null)),
        with(good_key(), "x5c", json!(["MIIB"])),
    ] {
        let keys = key_set(std::slice::from_ref(&key)).unwrap();
        assert_eq!(keys.find(Some(KID)), key_set(&[good_key()]).unwrap().find(Some(KID)), "{key}");
        assert_eq!(keys.ignored(), [""; 0], "{key}");

        let nameless = key_set(&[without(key, "kid")]).unwrap();
        assert_eq!(nameless.kids().collect::<Vec<_>>(), [&thumbprint]);
    }
    assert!(key_set(&[with(good_key(), "kid", json!(null))]).unwrap().find(Some(&thumbprint)).is_some());
}

#[test]
fn a_byte_order_mark_before_a_jwk_set_is_ignored() {
    assert!(KeySet::from_jwks(format!("\u{feff}{}", jwks()).as_bytes()).is_ok());
}

#[test]
fn a_key_that_is_left_out_is_named_with_the_reason() {
    let other = key_set(&[with(good_key(), "e", "AQAD")]).unwrap();
    let enc = with(with(good_key(), "use", "enc"), "kid", "for\nencryption");
    let nameless = json!({ "kty": "oct" });

    let keys = key_set(&[enc, nameless, good_key(), good_key(), with(good_key(), "e", "AQAD")]).unwrap();

    let [first, second, third] = keys.ignored() else { panic!("{:?}", keys.ignored()) };
    assert_eq!(first, r"the key for\nencryption: it is not for signatures");
    assert!(second.starts_with("a key without an id: "), "{second}");
    assert!(third.starts_with(&format!("the key {KID}: it has the same id")), "{third}");
    assert_eq!(keys.find(Some(KID)), other.find(Some(KID)));
}

#[test]
fn a_configured_key_accepts_any_kid() {
    let keys = Arc::new(JwksCache::fixed(KeySet::from_pem(PUBLIC_KEY_PEM).unwrap()));
    let verifier = TokenVerifier::new(AUDIENCE).trust(TrustedIssuer::new(ISSUER, keys));
    let now = UnixTime::now();

    assert!(verifier.verify(&token(&without(header(), "kid"), &payload()), now).is_ok());
    assert!(verifier.verify(&token(&with(header(), "kid", "any"), &payload()), now).is_ok());
    assert!(verifier.is_ready(now));
}

#[test]
fn tokens_are_verified_with_their_issuers_keys() {
    let other = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = pem_of("RSA PUBLIC KEY", other.public_key().as_ref());
    let cache = |pem: &str| Arc::new(JwksCache::fixed(KeySet::from_pem(pem).unwrap()));
    let verifier = TokenVerifier::new(AUDIENCE)
        .trust(TrustedIssuer::new(ISSUER, cache(PUBLIC_KEY_PEM)))
        .trust(TrustedIssuer::new("https://other", cache(&public)));
    let from_other = mint(&modified(claims("alice", "user"), |claims| "https://other".clone_into(&mut claims.iss)));
    let now = UnixTime::now();

    assert!(verifier.verify(&mint(&claims("alice", "user")), now).is_ok());
    assert_eq!(verifier.verify(&from_other, now), Err(AuthError::Invalid(Flaw::Signature)));
}

#[test]
fn an_invalid_pem_public_key_is_rejected_with_the_reason() {
    let pkcs8 = pem_of("PRIVATE KEY", b"anything");
    let encrypted = pem_of("ENCRYPTED PRIVATE KEY", b"anything");
    let garbage = pem_of("PUBLIC KEY", b"anything");
    let certificate = pem_of("CERTIFICATE", b"anything");
    let bundle = format!("{PUBLIC_KEY_PEM}{pkcs8}");
    let one_line = PRIVATE_KEY_PEM.replace('\n', "\\n");
    let two = PUBLIC_KEY_PEM.repeat(2);
    let openssh = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB user@host";
    for (pem, expected) in [
        (PRIVATE_KEY_PEM, InvalidKey::Private),
        (&pkcs8, InvalidKey::Private),
        (&encrypted, InvalidKey::Private),
        (&pkcs8[..40], InvalidKey::Private),
        (&bundle, InvalidKey::Private),
        (&one_line, InvalidKey::Private),
        (&two, InvalidKey::Several),
        (RSA_1024, InvalidKey::Size(1024)),
        (&garbage, InvalidKey::Malformed),
        (&certificate, InvalidKey::Certificate),
        (openssh, InvalidKey::OpenSsh),
        ("", InvalidKey::NotAPublicKeyPem),
        ("MIIBIjAN", InvalidKey::NotAPublicKeyPem),
        ("/run/secrets/key.pem", InvalidKey::NotAPublicKeyPem),
        (&PUBLIC_KEY_PEM[..200], InvalidKey::Pem(InvalidPem::Incomplete)),
        (&PUBLIC_KEY_PEM.replace("MII", "M.I"), InvalidKey::Pem(InvalidPem::NotBase64)),
    ] {
        let refused = PublicKey::from_pem(pem).unwrap_err();

        assert_eq!(refused, expected, "{pem}");
        assert!(pem.is_empty() || !refused.to_string().contains(pem), "{refused}");
    }
}

#[test]
fn a_pem_public_key_may_be_pkcs1_and_surrounded_by_whitespace() {
    let key = RsaKeyPair::generate(KeySize::Rsa3072).unwrap();
    let pkcs1 = pem_of("RSA PUBLIC KEY", key.public_key().as_ref());
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"message", &mut signature).unwrap();

    let read = PublicKey::from_pem(&pkcs1).unwrap();

    assert!(read.has_signed(b"message", &signature));
    assert!(!read.has_signed(b"another message", &signature));
}

#[test]
fn a_pem_public_key_is_accepted_as_settings_carry_it() {
    let key = PublicKey::from_pem(PUBLIC_KEY_PEM).unwrap();
    let certificate = pem_of("CERTIFICATE", b"anything");
    let mislabelled = PUBLIC_KEY_PEM.replace("PUBLIC", "RSA PUBLIC");

    for written in [
        format!("\n  {PUBLIC_KEY_PEM}\n\n"),
        format!("\u{feff}{PUBLIC_KEY_PEM}"),
        format!("{PUBLIC_KEY_PEM:?}"),
        PUBLIC_KEY_PEM.replace('\n', "\r\n"),
        PUBLIC_KEY_PEM.replace('\n', "\\n"),
        PUBLIC_KEY_PEM.replace('\n', " "),
        format!("subject=CN = issuer\n{certificate}{PUBLIC_KEY_PEM}"),
        mislabelled,
    ] {
        assert_eq!(PublicKey::from_pem(&written).as_ref(), Ok(&key), "{written}");
    }
}

fn pem_of(label: &str, der: &[u8]) -> String {
    pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, der).unwrap()
}

const RSA_1024: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDIHj1wzk1uzGniXsR+tv7dvnoP
XWS1oVlwwKkgM18emBugGFeNLaM53spVrG3Ef12GsUsORl/kfUszs7WlVWTnLuaN
qfJGztUOkGyQ0dG2wasGetqg6hEWcuuxNC8nyNbDLCcE6hXg/BGHZw6R9G3y+8By
RmqHvYXXPcS1jLW66QIDAQAB
-----END PUBLIC KEY-----
";
