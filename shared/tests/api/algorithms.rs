//! Issuers that sign with other algorithms than RS256.

use std::{slice, sync::Arc};

use actix_web::web;
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{
    AuthError, Jwt, ResourceServer, TokenVerifier, UnixTime,
    client::{Issuer, SetupError},
    errors::Flaw,
    keys::{Algorithm, InvalidKey, InvalidKeySet, JwksCache, KeySet, PublicKey},
    testing::{AUDIENCE, ISSUER, jwks, mint_raw},
    verifier::TrustedIssuer,
};

use crate::{
    fake_issuer::{FakeIssuer, FakeResponse, JWKS},
    support::{TestApp, header, payload, with},
};

type Sign = dyn Fn(&[u8]) -> Vec<u8>;

/// A key pair that signs tokens, and its public key.
struct Signer {
    algorithm: Algorithm,
    jwk: Value,
    pem: String,
    sign: Box<Sign>,
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn pem(info: &[u8], key: &[u8]) -> String {
    let der = [info, key].concat();
    pem_rfc7468::encode_string("PUBLIC KEY", pem_rfc7468::LineEnding::LF, &der).unwrap()
}

fn es256() -> Signer {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref().to_vec();
    let info =
        b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
    Signer {
        algorithm: Algorithm::Es256,
        jwk: json!({ "kty": "EC", "crv": "P-256", "kid": "ec", "x": encode(&point[1..33]), "y": encode(&point[33..]) }),
        pem: pem(info, &point),
        sign: Box::new(move |message| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()),
    }
}

fn eddsa() -> Signer {
    let pair = Ed25519KeyPair::generate().unwrap();
    let key = pair.public_key().as_ref().to_vec();
    Signer {
        algorithm: Algorithm::EdDsa,
        jwk: json!({ "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(&key) }),
        pem: pem(b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", &key),
        sign: Box::new(move |message| pair.sign(message).as_ref().to_vec()),
    }
}

impl Signer {
    /// A valid token, but for the `alg` in its header.
    fn token(&self, alg: &str) -> String {
        let header = with(with(header(), "alg", alg), "kid", self.jwk["kid"].clone());
        let signing_input =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(payload().to_string().as_bytes()));
        format!("{signing_input}.{}", encode(&(self.sign)(signing_input.as_bytes())))
    }

    fn key_set(&self) -> Result<KeySet, InvalidKeySet> {
        key_set(slice::from_ref(&self.jwk), &[self.algorithm])
    }
}

fn key_set(keys: &[Value], algorithms: &[Algorithm]) -> Result<KeySet, InvalidKeySet> {
    KeySet::from_jwks_for(json!({ "keys": keys }).to_string().as_bytes(), algorithms)
}

fn verify(keys: KeySet, token: &str) -> Result<(), AuthError> {
    let issuer = TrustedIssuer::new(ISSUER, Arc::new(JwksCache::fixed(keys)));
    TokenVerifier::new(AUDIENCE).trust(issuer).verify(token, UnixTime::now()).map(drop)
}

#[test]
fn tokens_of_each_enabled_algorithm_are_accepted() {
    for signer in [es256(), eddsa()] {
        let token = signer.token(signer.algorithm.name());

        assert_eq!(verify(signer.key_set().unwrap(), &token), Ok(()), "{:?}", signer.algorithm);
        assert_eq!(verify(KeySet::from_pem(&signer.pem).unwrap(), &token), Ok(()), "{:?}", signer.algorithm);
    }
}

#[test]
fn the_key_decides_the_algorithm_and_not_the_token() {
    let (es256, eddsa) = (es256(), eddsa());
    let rsa = jwks()["keys"][0].clone();
    let all = || key_set(&[rsa.clone(), es256.jwk.clone(), eddsa.jwk.clone()], &Algorithm::ALL).unwrap();

    assert_eq!(all().kids().count(), 3);
    for (signer, others) in [(&es256, ["RS256", "EdDSA"]), (&eddsa, ["RS256", "ES256"])] {
        assert_eq!(verify(all(), &signer.token(signer.algorithm.name())), Ok(()));
        for alg in others {
            assert_eq!(verify(all(), &signer.token(alg)), Err(AuthError::Invalid(Flaw::Algorithm)), "{alg}");
        }
        for alg in ["ES384", "Es256", "none", "HS256", ""] {
            assert_eq!(verify(all(), &signer.token(alg)), Err(AuthError::Invalid(Flaw::Algorithm)), "{alg}");
        }
        // Signed with the RSA key, but naming another one.
        let header = with(with(header(), "alg", signer.algorithm.name()), "kid", signer.jwk["kid"].clone());
        let forged = mint_raw(header.to_string(), payload().to_string());
        assert_eq!(verify(all(), &forged), Err(AuthError::Invalid(Flaw::Signature)));
    }
}

#[test]
fn keys_of_algorithms_that_are_not_enabled_are_ignored() {
    for signer in [es256(), eddsa()] {
        let others: Vec<_> = Algorithm::ALL.into_iter().filter(|other| *other != signer.algorithm).collect();
        let with_alg = |alg: &str| with(signer.jwk.clone(), "alg", alg);

        assert_eq!(key_set(slice::from_ref(&signer.jwk), &others).err(), Some(InvalidKeySet::NoUsableKey));
        assert_eq!(key_set(slice::from_ref(&signer.jwk), &[]).err(), Some(InvalidKeySet::NoUsableKey));
        assert!(key_set(&[with_alg(signer.algorithm.name())], &[signer.algorithm]).is_ok());
        assert_eq!(key_set(&[with_alg("RS256")], &Algorithm::ALL).err(), Some(InvalidKeySet::NoUsableKey));
    }
}

#[test]
fn a_key_that_is_not_on_its_curve_or_of_the_wrong_length_is_rejected() {
    let (es256, eddsa) = (es256(), eddsa());
    let zeros = |len: usize| encode(&vec![0; len]);
    for key in [
        with(es256.jwk.clone(), "x", zeros(32)),
        with(es256.jwk.clone(), "x", zeros(31)),
        with(es256.jwk.clone(), "y", zeros(33)),
        with(es256.jwk.clone(), "y", ""),
        with(es256.jwk.clone(), "crv", "P-384"),
        with(es256.jwk.clone(), "crv", "secp256k1"),
        with(eddsa.jwk.clone(), "x", zeros(31)),
        with(eddsa.jwk.clone(), "x", zeros(57)),
        with(eddsa.jwk.clone(), "crv", "Ed448"),
        with(eddsa.jwk.clone(), "d", zeros(32)),
    ] {
        assert_eq!(key_set(slice::from_ref(&key), &Algorithm::ALL).err(), Some(InvalidKeySet::NoUsableKey), "{key}");
    }
    for pem in [
        pem(&pem_der(&es256.pem)[..26], &[5; 65]),
        pem(&pem_der(&es256.pem)[..90], b""),
        pem(&pem_der(&eddsa.pem)[..43], b""),
    ] {
        assert_eq!(PublicKey::from_pem(&pem).err(), Some(InvalidKey::Malformed), "{pem}");
    }
}

fn pem_der(pem: &str) -> Vec<u8> {
    pem_rfc7468::decode_vec(pem.as_bytes()).unwrap().1
}

#[test]
fn an_ecdsa_signature_in_der_is_rejected() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let key = PublicKey::from_p256_point(&point[1..33], &point[33..]).unwrap();
    let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();

    assert!(!key.has_signed(b"message", signature.as_ref()), "RFC 7518, section 3.4, requires R and S side by side");
}

#[actix_web::test]
async fn an_issuer_with_other_algorithms_is_trusted_by_configuration() {
    for signer in [es256(), eddsa()] {
        let issuer = FakeIssuer::start();
        issuer.respond_with(JWKS, FakeResponse::json(&json!({ "keys": [signer.jwk.clone()] })));
        let trusted =
            Issuer::discover(ISSUER).jwks_url(format!("{}{JWKS}", issuer.url)).dangerously_ignore_revocation();
        let server =
            ResourceServer::builder(AUDIENCE).issuer(trusted.algorithms([signer.algorithm])).start().await.unwrap();
        let app = TestApp::new(|app| {
            app.configure(server.app()).route("/", web::get().to(async |jwt: Jwt| jwt.sub.clone()));
        })
        .await;

        assert_eq!(app.get("/", &signer.token(signer.algorithm.name())).await.text, "alice");
        assert_eq!(app.get("/", &signer.token("RS256")).await.refusal().1, "invalid_token");
    }
}

#[actix_web::test]
async fn an_issuer_without_an_algorithm_is_rejected() {
    let server = ResourceServer::builder(AUDIENCE).issuer(Issuer::discover("https://login.example.com").algorithms([]));

    assert!(matches!(server.spawn().err(), Some(SetupError::NoAlgorithm(_))));
}
