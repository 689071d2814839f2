//! *Optional tokens*.

use actix_web::web;
use shared::{
    MaybeJwt,
    testing::{claims, mint, resource_server},
};

use super::assert_shown_in;
use crate::support::{TestApp, get};

async fn greet(jwt: MaybeJwt) -> String {
    match jwt.into_inner() {
        Some(jwt) => format!("Hello {}", jwt.identity()),
        None => "Hello stranger".to_owned(),
    }
}

#[actix_web::test]
async fn a_request_may_lack_a_token_but_not_have_an_invalid_one() {
    let auth = resource_server();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).route("/", web::get().to(greet));
    })
    .await;

    assert_eq!(app.get("/", &mint(&claims("alice", "user"))).await.text, "Hello alice");
    assert_eq!(app.send(get("/")).await.text, "Hello stranger");
    assert_eq!(app.get("/", "no.good.token").await.refusal().1, "invalid_token");
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("Optional tokens", include_str!("optional_tokens.rs"));
}
