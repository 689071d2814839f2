//! Tokens that must not pass, each refused for the right reason and with an answer that does not tell the reason.

use std::time::Duration;

use actix_web::web;
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    AuthError::{self, Expired, Invalid},
    Jwt, UnixTime,
    errors::Flaw::{
        self, Algorithm, Critical, Header, Issuer, NotCompact, NotYetValid, Signature, TooLong, Type, UnknownKey,
    },
    testing::{PRIVATE_KEY_PEM, PUBLIC_KEY_PEM, claims, mint, mint_raw, verifier},
    verifier::MAX_TOKEN_LEN,
};

use crate::support::{TestApp, header, payload, token, with, without};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Every token is refused with its error: by the verifier, and over HTTP if it can stand in a header at all.
async fn assert_refused(cases: impl IntoIterator<Item = (String, String, AuthError)>) {
    let verifier = verifier();
    let app = TestApp::verifying(self::verifier(), |app| {
        app.route("/", web::get().to(async |_: Jwt| "let in"));
    })
    .await;
    for (case, token, expected) in cases {
        assert_eq!(verifier.verify(&token, UnixTime::now()).map(|_| ()), Err(expected.clone()), "{case}");
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            continue;
        }
        let answer = app.get("/", &token).await;
        let (code, message) = match expected {
            Expired => ("token_expired", "Token has expired"),
            _ => ("invalid_token", "Invalid token"),
        };
        assert_eq!(answer.refusal(), (401, code, message), "{case}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{case}");
        let challenge = format!(r#"Bearer error="invalid_token", error_description="{message}""#);
        assert_eq!(answer.challenge(), Some(&*challenge), "{case}");
    }
}

fn invalid(case: impl Into<String>, token: impl Into<String>, flaw: Flaw) -> (String, String, AuthError) {
    (case.into(), token.into(), Invalid(flaw))
}

fn good_token() -> String {
    mint(&claims("alice", "user"))
}

/// Header and payload in base64url, and whatever `sign` makes of them as the signature.
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

fn now_and(seconds: i64) -> i64 {
    UnixTime::now().seconds() + seconds
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

    assert_refused(cases).await;
}

#[actix_web::test]
async fn the_header_must_be_that_of_an_access_token_with_a_published_key() {
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
        cases.push(invalid(format!("header {text:?}"), mint_raw(text, &payload().to_string()), Header));
    }

    assert_refused(cases).await;
}

#[actix_web::test]
async fn every_claim_must_be_there_and_of_the_right_type() {
    let bad = |name: &str, value: Value, flaw| {
        invalid(format!("{name} {value}"), token(&header(), &with(payload(), name, value)), flaw)
    };
    let mut cases: Vec<_> = ["iss", "aud", "sub", "exp", "iat", "jti", "type"]
        .map(|name| invalid(format!("no {name}"), token(&header(), &without(payload(), name)), Flaw::Claims))
        .into();
    for name in ["iss", "sub", "jti"] {
        for value in [json!(1), json!(null), json!(["alice"]), json!({ "name": "alice" })] {
            cases.push(bad(name, value, Flaw::Claims));
        }
    }
    for name in ["exp", "iat", "nbf", "auth_time"] {
        for value in [json!("1900000000"), json!(1_900_000_000.5), json!(1.9e9), json!(1e300), json!(true)] {
            cases.push(bad(name, value, Flaw::Claims));
        }
    }
    cases.extend([
        bad("iss", json!("http://localhost:5001"), Issuer),
        bad("iss", json!("http://localhost:5000/"), Issuer),
        bad("iss", json!(["http://localhost:5000"]), Flaw::Claims),
        bad("aud", json!("another-service"), Flaw::Audience),
        bad("aud", json!(["another-service", "third-service"]), Flaw::Audience),
        bad("aud", json!([]), Flaw::Audience),
        bad("aud", json!(["resource-service", 1]), Flaw::Claims),
        bad("aud", json!([["resource-service"]]), Flaw::Claims),
        bad("aud", json!({ "resource-service": true }), Flaw::Claims),
        bad("aud", json!(1), Flaw::Claims),
        bad("aud", json!(null), Flaw::Claims),
        bad("sub", json!(""), Flaw::Claims),
        bad("jti", json!(""), Flaw::Claims),
        bad("type", json!("refresh"), Flaw::Claims),
        bad("type", json!("Access"), Flaw::Claims),
        bad("type", json!(["access"]), Flaw::Claims),
        bad("role", json!("Admin"), Flaw::Claims),
        bad("role", json!(["admin"]), Flaw::Claims),
        bad("fresh", json!("true"), Flaw::Claims),
        bad("nbf", json!(now_and(60)), NotYetValid),
    ]);
    for text in ["", "null", "[]", "1", "{"] {
        cases.push(invalid(format!("claims {text:?}"), mint_raw(&header().to_string(), text), Flaw::Claims));
    }

    assert_refused(cases).await;
}

#[actix_web::test]
async fn an_expired_token_is_distinguished_from_an_invalid_one() {
    let expiring = |exp: i64| token(&header(), &with(payload(), "exp", exp));

    assert_refused([
        ("a second ago".to_owned(), expiring(now_and(-1)), Expired),
        ("this second".to_owned(), expiring(now_and(0)), Expired),
        ("before the epoch".to_owned(), expiring(-1), Expired),
        ("the earliest there is".to_owned(), expiring(i64::MIN), Expired),
    ])
    .await;
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

    assert_refused(cases).await;
}

#[actix_web::test]
async fn duplicate_names_are_rejected_everywhere() {
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
        cases.push(invalid(format!("header {members}"), mint_raw(&header, &payload().to_string()), Header));
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
        cases.push(invalid(format!("claims {members}"), mint_raw(&header().to_string(), &payload), Flaw::Claims));
    }

    assert_refused(cases).await;
}

#[actix_web::test]
async fn a_token_must_be_a_compact_jws_in_canonical_base64url() {
    let good = good_token();
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let written = |header: &str, payload: &str, signature: &str| format!("{header}.{payload}.{signature}");
    let mut cases = vec![
        invalid("a word", "word", NotCompact),
        invalid("dots alone", "..", Header),
        invalid("one part", header, NotCompact),
        invalid("two parts", format!("{header}.{payload}"), NotCompact),
        invalid("four parts", format!("{good}."), NotCompact),
        invalid("five parts", format!("{header}.{payload}.{payload}.{payload}.{signature}"), NotCompact),
        invalid("a dot in front", format!(".{good}"), Header),
        invalid("no header", written("", payload, signature), Header),
        invalid("no payload", written(header, "", signature), Flaw::Claims),
        invalid("no signature", written(header, payload, ""), Signature),
        invalid("a short signature", written(header, payload, &signature[..340]), Signature),
        invalid("a long signature", written(header, payload, &format!("{}AAAA", &signature[..340])), Signature),
        invalid("padding", format!("{good}=="), NotCompact),
        invalid("padding in the header", written(&format!("{header}="), payload, signature), NotCompact),
        invalid("a comma behind", format!("{good},"), NotCompact),
        invalid("JSON", r#"{"payload":"e30","signatures":[]}"#, NotCompact),
        invalid("the empty text", "", NotCompact),
    ];
    for space in [" ", "\n", "\r\n", "\t", "\0", "\u{a0}", "é"] {
        for place in [0, 5, header.len(), good.len() - 3, good.len()] {
            let (before, behind) = good.split_at(place);
            cases.push(invalid(format!("{space:?} at {place}"), format!("{before}{space}{behind}"), NotCompact));
        }
    }
    for foreign in ["+", "/", "*", "%2D"] {
        cases.push(invalid(foreign, written(header, payload, &format!("{foreign}{}", &signature[1..])), NotCompact));
    }

    assert_refused(cases).await;
}

#[actix_web::test]
async fn a_token_longer_than_16_kib_is_not_parsed() {
    let of_len = |len: usize| format!("{}.e30.", URL_SAFE_NO_PAD.encode(header().to_string())) + &"A".repeat(len);
    let rest = of_len(0).len();

    assert_refused([
        invalid("16 KiB", of_len(MAX_TOKEN_LEN - rest), Flaw::Claims),
        invalid("16 KiB and 1", of_len(MAX_TOKEN_LEN + 1 - rest), TooLong),
        invalid("far too long", of_len(10 * MAX_TOKEN_LEN), TooLong),
    ])
    .await;
}

#[actix_web::test]
async fn deep_nesting_and_broken_text_are_refused_without_harm() {
    let deep = |object: Value, open: &str, close: &str| {
        let nested = format!(r#"{{"x":{}1{},"#, open.repeat(1_000), close.repeat(1_000));
        object.to_string().replacen('{', &nested, 1)
    };
    let mut cases = Vec::new();
    for (open, close) in [("[", "]"), (r#"{"y":"#, "}")] {
        let (header, payload) = (header(), payload());
        cases.push(invalid("header", mint_raw(&deep(header.clone(), open, close), &payload.to_string()), Header));
        cases.push(invalid("claims", mint_raw(&header.to_string(), &deep(payload, open, close)), Flaw::Claims));
    }
    let not_utf8 = |text: String| -> Vec<u8> { text.bytes().map(|b| if b == b'i' { 0xff } else { b }).collect() };
    let written = |header: &[u8], payload: &[u8]| {
        format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    };
    let (header, payload) = (header().to_string(), payload().to_string());
    cases.push(invalid("no UTF-8", written(header.as_bytes(), &not_utf8(payload.clone())), Flaw::Claims));
    cases.push(invalid(
        "no UTF-8 header",
        written(&not_utf8(header.replace("kid", "kii")), payload.as_bytes()),
        Header,
    ));
    let marked = format!("\u{feff}{payload}");
    cases.push(invalid("a byte order mark", written(header.as_bytes(), marked.as_bytes()), Flaw::Claims));

    assert_refused(cases).await;
}

#[test]
fn changing_any_bit_of_a_signature_invalidates_it() {
    let (verifier, good, now) = (verifier(), good_token(), UnixTime::now());
    let (signing_input, signature) = good.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();

    for bit in 0..signature.len() * 8 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let token = format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(flipped));

        assert_eq!(verifier.verify(&token, now), Err(Invalid(Signature)), "bit {bit}");
    }
}

#[test]
fn changing_any_character_of_a_token_invalidates_it() {
    let (verifier, good, now) = (verifier(), good_token(), UnixTime::now());

    for place in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        // The next letter of the alphabet: in a part's last place it changes bits that no byte uses.
        let index = ALPHABET.iter().position(|letter| *letter == changed[place]);
        changed[place] = index.map_or(b'A', |index| ALPHABET[index ^ 1]);
        let changed = String::from_utf8(changed).unwrap();

        assert!(matches!(verifier.verify(&changed, now), Err(Invalid(_))), "character {place}: {changed}");
    }
}

#[test]
fn a_valid_token_is_accepted_in_every_permitted_encoding() {
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

#[test]
fn leeway_applies_before_nbf_and_after_exp_to_the_second() {
    let (verifier, now) = (verifier().with_leeway(Duration::from_secs(30)), UnixTime::now());
    let verdict = |name: &str, seconds: i64| {
        verifier.verify(&token(&header(), &with(payload(), name, now.seconds() + seconds)), now).map(|_| ())
    };

    assert_eq!(verdict("exp", -29), Ok(()));
    assert_eq!(verdict("exp", -30), Err(Expired));
    assert_eq!(verdict("nbf", 30), Ok(()));
    assert_eq!(verdict("nbf", 31), Err(Invalid(NotYetValid)));
}
