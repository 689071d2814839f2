//! How users and clients authenticate to the issuer.

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::client::{Credentials, TokenClient};

use super::{LOG_IN, TOKEN, pair, text, user};
use crate::fake_issuer::{FakeAnswer, FakeIssuer};

#[actix_web::test]
async fn a_user_logs_in_once_for_many_calls() {
    let issuer = FakeIssuer::start();
    issuer.answers_with(LOG_IN, pair(1));
    let tokens = user(&issuer);

    let all = join_all((0..100).map(|_| text(&tokens))).await;

    assert!(all.iter().all(|token| token == "a1"), "{all:?}");
    let asked = issuer.asked(LOG_IN);
    assert_eq!(asked.len(), 1);
    let form: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(form, json!({ "username": "reporter", "password": "pa55 word" }));
}

#[actix_web::test]
async fn a_client_sends_its_id_and_secret_form_encoded_in_the_header() {
    let issuer = FakeIssuer::start();
    let token = json!({ "access_token": "c1", "token_type": "bearer", "expires_in": 900, "scope": "a b" });
    issuer.answers_with(TOKEN, FakeAnswer::json(&token));
    let credentials = Credentials::client("reports@clients", "s:e%c ret");
    let everything = TokenClient::new(&issuer.address(), credentials.clone()).unwrap();
    let some = TokenClient::new(&issuer.address(), credentials.with_scope("a b")).unwrap();

    assert_eq!([text(&everything).await, text(&some).await], ["c1", "c1"]);

    let asked = issuer.asked(TOKEN);
    // base64 of reports%40clients:s%3Ae%25c+ret
    let basic = "Basic cmVwb3J0cyU0MGNsaWVudHM6cyUzQWUlMjVjK3JldA==";
    for asked in &asked {
        assert_eq!(asked.header("authorization"), Some(basic));
        assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    }
    let forms = [&*asked[0].body, &*asked[1].body];
    assert_eq!(forms, ["grant_type=client_credentials", "grant_type=client_credentials&scope=a+b"]);
}
