//! ID tokens that are refused.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::{UnixTime, testing::KID, testing::mint_raw};

use super::{CLIENT, JWKS, Login, TOKEN, at_hash, id_token, signed, tokens};
use crate::{
    fake_issuer::FakeResponse,
    support::{jwks_with, with, without},
};

impl Login {
    /// The status of a login in which the issuer returns this ID token.
    async fn status_with(&self, make: impl FnOnce(Value) -> String) -> u16 {
        let begun = self.begin().await;
        let token = make(self.claims(&begun));
        self.issuer.respond_with(TOKEN, FakeResponse::json(&tokens(&token)));
        let response = self.get(&begun.callback()).await;
        assert_eq!(self.is_signed_in().await, response.status == 303);
        response.status
    }
}

#[actix_web::test]
async fn each_claim_is_checked() {
    let app = Login::new().await;
    let now = UnixTime::now().seconds();

    for (claim, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!([app.issuer.url])),
        ("aud", json!("another-client")),
        ("aud", json!([CLIENT, "another-client"])),
        ("aud", json!([])),
        ("aud", json!({ "0": CLIENT })),
        ("azp", json!("another-client")),
        ("exp", json!(now)),
        ("exp", json!(now + 300).to_string().into()),
        ("exp", json!(1e300)),
        ("iat", json!(now + 120)),
        ("nbf", json!(now + 120)),
        ("nonce", json!("another-nonce")),
        ("nonce", json!("")),
        ("at_hash", json!(at_hash("another-token"))),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!("7".repeat(256))),
    ] {
        let status = app.status_with(|claims| id_token(&with(claims, claim, value.clone()))).await;

        assert_eq!(status, 502, "{claim}: {value}");
    }
}

#[actix_web::test]
async fn each_required_claim_must_be_there() {
    let app = Login::new().await;

    for claim in ["iss", "aud", "exp", "iat", "nonce", "sub"] {
        let status = app.status_with(|claims| id_token(&without(claims, claim))).await;

        assert_eq!(status, 502, "{claim}");
    }
}

#[actix_web::test]
async fn the_audience_may_be_a_list_of_this_client_alone() {
    let app = Login::new().await;

    let status = app.status_with(|claims| id_token(&with(with(claims, "aud", json!([CLIENT])), "azp", CLIENT))).await;

    assert_eq!(status, 303);
}

#[actix_web::test]
async fn the_algorithm_and_the_key_are_the_issuers() {
    let app = Login::new().await;
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    let header = |alg: &str, kid: &str| json!({ "alg": alg, "typ": "JWT", "kid": kid });

    let unsigned =
        |claims: Value| format!("{}.{}.", encode(header("none", KID).to_string()), encode(claims.to_string()));
    assert_eq!(app.status_with(unsigned).await, 502);
    for header in [
        header("none", KID),
        header("HS256", KID),
        header("PS256", KID),
        header("RS256", "unknown"),
        json!({ "alg": "RS256", "typ": "JWT" }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": KID, "crit": ["exp"] }),
    ] {
        let status = app.status_with(|claims| mint_raw(header.to_string(), claims.to_string())).await;

        assert_eq!(status, 502, "{header}");
    }
}

#[actix_web::test]
async fn row_52_tokens_of_other_types_are_no_id_tokens() {
    let app = Login::new().await;

    for typ in ["at+jwt", "logout+jwt", "statuslist+jwt", ""] {
        assert_eq!(app.status_with(|claims| signed(typ, &claims)).await, 502, "{typ}");
    }
}

#[actix_web::test]
async fn a_changed_or_ambiguous_token_is_refused() {
    let app = Login::new().await;

    let changed = |claims: Value| {
        let token = id_token(&claims);
        let (rest, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = rest.split_once('.').unwrap();
        let payload = URL_SAFE_NO_PAD.encode(with(claims, "sub", "1").to_string());
        format!("{header}.{payload}.{signature}")
    };
    let twice = |claims: Value| {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": KID });
        mint_raw(header.to_string(), claims.to_string().replacen('{', r#"{"sub":"1","#, 1))
    };

    assert_eq!(app.status_with(changed).await, 502);
    assert_eq!(app.status_with(twice).await, 502);
    assert_eq!(app.status_with(|_| "a".repeat(20_000)).await, 502);
}

#[actix_web::test]
async fn a_new_key_is_fetched_when_a_token_names_it() {
    let app = Login::new().await;
    app.issuer.respond_with(JWKS, FakeResponse::json(&jwks_with("new-key")));
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "new-key" });

    let status = app.status_with(|claims| mint_raw(header.to_string(), claims.to_string())).await;

    assert_eq!(status, 303);
}
