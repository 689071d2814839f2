//! How users and clients authenticate to the issuer.

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::client::{Credentials, TokenClient};

use super::{LOGIN, TOKEN, access_token, pair, user};
use crate::fake_issuer::{FakeIssuer, FakeResponse};

#[actix_web::test]
async fn a_user_logs_in_once_for_many_calls() {
    let issuer = FakeIssuer::start();
    issuer.respond_with(LOGIN, pair(1));
    let tokens = user(&issuer);

    let all = join_all((0..100).map(|_| access_token(&tokens))).await;

    assert!(all.iter().all(|token| token == "a1"), "{all:?}");
    let requests = issuer.requests_to(LOGIN);
    assert_eq!(requests.len(), 1);
    let form: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(form, json!({ "username": "reporter", "password": "pa55 word" }));
}

#[actix_web::test]
async fn a_client_sends_its_id_and_secret_form_encoded_in_the_header() {
    let issuer = FakeIssuer::start();
    let token = json!({ "access_token": "c1", "token_type": "bearer", "expires_in": 900, "scope": "a b" });
    issuer.respond_with(TOKEN, FakeResponse::json(&token));
    let credentials = Credentials::client("reports@clients", "s:e%c ret");
    let everything = TokenClient::new(&issuer.address(), credentials.clone()).unwrap();
    let some = TokenClient::new(&issuer.address(), credentials.with_scope("a b")).unwrap();

    assert_eq!([access_token(&everything).await, access_token(&some).await], ["c1", "c1"]);

    let requests = issuer.requests_to(TOKEN);
    // base64 of reports%40clients:s%3Ae%25c+ret
    let basic = "Basic cmVwb3J0cyU0MGNsaWVudHM6cyUzQWUlMjVjK3JldA==";
    for request in &requests {
        assert_eq!(request.header("authorization"), Some(basic));
        assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    }
    let forms = [&*requests[0].body, &*requests[1].body];
    assert_eq!(forms, ["grant_type=client_credentials", "grant_type=client_credentials&scope=a+b"]);
}
