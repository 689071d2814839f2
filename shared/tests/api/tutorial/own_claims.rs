//! *Your own claims*.

use actix_web::web;
use serde::Deserialize;
use shared::{
    Access, Jwt,
    testing::{claims, mint, resource_server},
};

use super::assert_shown_in;
use crate::support::TestApp;

#[derive(Deserialize)]
struct Employee {
    department: String,
}

async fn colleagues(jwt: Jwt<Access, Employee>) -> String {
    format!("Colleagues of {} in {}", jwt.identity(), jwt.custom().department)
}

#[actix_web::test]
async fn a_token_has_the_claims_that_the_handler_names() {
    let auth = resource_server();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).route("/", web::get().to(colleagues));
    })
    .await;
    let alice = claims("alice", "user");

    let response = app.get("/", &mint(&alice.clone().with_other("department", "sales"))).await;

    assert_eq!(response.text, "Colleagues of alice in sales");
    assert_eq!(app.get("/", &mint(&alice)).await.refusal().1, "invalid_token");
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("Your own claims", include_str!("own_claims.rs"));
}
