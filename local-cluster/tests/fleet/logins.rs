//! Tokens that an application gets by a login of its user: every replica accepts them, and rejects them soon after a revocation.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use reqwest::Url;
use serde_json::{Value, json};
use service_kit::testing::{Response, error, eventually_within, send};

use crate::{
    services::{Issuer, Replica},
    user_agent::{UserAgent, encoded},
};

const CALLBACK: &str = "https://shop.example/callback";
/// The secret and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// A poll each second, and a second to fetch and verify the list.
const POLL_SECS: u64 = 1;
const SOON: Duration = Duration::from_secs(2);

#[actix_web::test]
async fn a_logout_of_the_browser_ends_the_tokens_of_the_application_on_every_replica() {
    let (shop, mut browser) = (Shop::open().await, UserAgent::new());
    let (tokens, replicas) = shop.logged_in_with_replicas(&mut browser).await;

    let hint = encoded(&[("id_token_hint", text(&tokens, "id_token")), ("post_logout_redirect_uri", CALLBACK)]);
    let left = browser.get(&format!("{}/oauth/logout?{hint}", shop.issuer.url())).await;

    assert_eq!(left.url.as_str(), CALLBACK, "{}", left.text);
    assert_all_reject_soon(&replicas, &tokens).await;
}

#[actix_web::test]
async fn reuse_of_a_code_ends_the_tokens_it_was_exchanged_for_on_every_replica() {
    let shop = Shop::open().await;
    let code = shop.code(&mut UserAgent::new()).await;
    let tokens = exchange(&shop.issuer, &shop.secret, &code).await.json();
    let replicas = shop.replicas_that_accept(&tokens).await;

    let again = exchange(&shop.issuer, &shop.secret, &code).await;

    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")));
    assert_all_reject_soon(&replicas, &tokens).await;
}

#[actix_web::test]
async fn the_end_of_a_browser_session_ends_the_tokens_of_the_application_on_every_replica() {
    let shop = Shop::open().await;
    let (tokens, replicas) = shop.logged_in_with_replicas(&mut UserAgent::new()).await;
    let user = shop.issuer.log_in("user_01", "1234").await;

    let browser = claims(text(&tokens, "id_token"))["sid"].as_str().unwrap().to_owned();
    let ended = send(shop.issuer.api.request("DELETE", &format!("/sessions/{browser}")).bearer_auth(&user)).await;

    assert_eq!(ended.status, 204, "{ended:?}");
    assert_all_reject_soon(&replicas, &tokens).await;
    for replica in &replicas {
        assert_eq!(replica.get_as(&user, "/dashboard").await.status, 200);
    }
}

#[actix_web::test]
async fn another_node_exchanges_the_code_of_one_that_was_stopped() {
    let mut shop = Shop::open().await;
    let other = shop.issuer.another_node().await;
    let mut browser = UserAgent::new();
    let code = shop.code(&mut browser).await;

    shop.issuer.stop().await;
    let exchanged = exchange(&other, &shop.secret, &code).await;
    let replica = Replica::start(resource_service::Config {
        fetch_from: other.api.url().to_owned().into(),
        ..shop.issuer.replica_config()
    });
    let accepted = replica.until_as(text(&exchanged.json(), "access_token"), "/dashboard", 200).await;
    // The session goes on at the other node, without a page.
    let next = browser.get(&authorize(other.api.url())).await;
    let again = exchange(&other, &shop.secret, &code).await;

    assert!(accepted.body.contains("Welcome to your dashboard!"), "{accepted:?}");
    assert!(next.url.query().is_some_and(|query| query.contains("code=")), "{}", next.url);
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")));
}

/// An issuer with the application `shop`.
struct Shop {
    issuer: Issuer,
    secret: String,
}

impl Shop {
    async fn open() -> Self {
        let issuer = Issuer::start().await;
        let admin = issuer.log_in("admin", "admin123").await;
        let client =
            json!({ "name": "shop", "kind": "web", "redirect_uris": [CALLBACK], "post_logout_uris": [CALLBACK] });
        let created = issuer.api.post_as(&admin, "/clients", &client).await;
        let secret = text(&created.json(), "client_secret").to_owned();
        Self { issuer, secret }
    }

    /// The code with which the browser comes back once `user_01` has logged in and consented.
    async fn code(&self, browser: &mut UserAgent) -> String {
        let login = browser.get(&authorize(self.issuer.url())).await;
        let consent = browser.submit(&login, &[("username", "user_01"), ("password", "1234")]).await;
        let back = browser.submit(&consent, &[("decision", "allow")]).await;
        assert_eq!((login.status, consent.status), (200, 200), "{}", consent.text);
        code_in(&back.url)
    }

    async fn logged_in_with_replicas(&self, browser: &mut UserAgent) -> (Value, [Replica; 3]) {
        let code = self.code(browser).await;
        let tokens = exchange(&self.issuer, &self.secret, &code).await.json();
        let replicas = self.replicas_that_accept(&tokens).await;
        (tokens, replicas)
    }

    /// Three replicas, once each accepts the token.
    async fn replicas_that_accept(&self, tokens: &Value) -> [Replica; 3] {
        let mut config = self.issuer.replica_config();
        config.revocation.poll_secs = POLL_SECS;
        let replicas = [config.clone(), config.clone(), config].map(Replica::start);
        for replica in &replicas {
            replica.until_as(text(tokens, "access_token"), "/dashboard", 200).await;
        }
        replicas
    }
}

async fn assert_all_reject_soon(replicas: &[Replica], tokens: &Value) {
    let token = text(tokens, "access_token");
    let rejections = replicas.iter().map(async |replica| {
        let attempt = async || {
            let response = replica.get_as(token, "/dashboard").await;
            if response.status == 401 { Ok(response) } else { Err(format!("{response:?}")) }
        };
        eventually_within(SOON, attempt).await
    });
    for rejected in join_all(rejections).await {
        assert_eq!(rejected.error(), error(401, "token_revoked", "Token has been revoked"));
    }
}

/// Where `shop` sends its users.
fn authorize(issuer: &str) -> String {
    let request = encoded(&[
        ("client_id", "shop"),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    format!("{issuer}/authorize?{request}")
}

fn code_in(url: &Url) -> String {
    assert!(url.as_str().starts_with(CALLBACK), "{url}");
    let code = url.query_pairs().find(|(name, _)| name == "code");
    let (_, code) = code.unwrap_or_else(|| panic!("no code in {url}"));
    code.into_owned()
}

async fn exchange(node: &Issuer, secret: &str, code: &str) -> Response {
    let request = node.api.request("POST", "/oauth/token").basic_auth("shop", Some(secret));
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    let grant = ("grant_type", "authorization_code");
    send(request.body(encoded(&[grant, ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]))).await
}

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}"))
}

fn claims(token: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
