//! *Errors*.

use actix_web::web;
use serde_json::json;
use shared::{
    AuthError, CustomResponse, Jwt, RuleContext,
    testing::{claims, mint, resource_server_builder},
};

use super::assert_shown_in;
use crate::support::{TestApp, get, modified};

fn respond(error: &AuthError, context: &RuleContext<'_>) -> Option<CustomResponse> {
    match error {
        AuthError::Expired => Some(CustomResponse::json(401, &json!({ "msg": "Please log in again" }))),
        AuthError::Missing(_) if context.request().path().starts_with("/pages/") => {
            Some(CustomResponse::redirect("/login"))
        }
        _ => None,
    }
}

#[actix_web::test]
async fn some_errors_have_a_response_of_their_own() {
    let auth = resource_server_builder().on_error(respond).spawn().unwrap();
    let app = TestApp::new(|app| {
        app.configure(auth.app()).default_service(web::to(async |jwt: Jwt| jwt.identity().to_owned()));
    })
    .await;
    let expired = modified(claims("alice", "user"), |claims| claims.exp = claims.iat);

    assert_eq!(app.get("/reports", &mint(&expired)).await.text, r#"{"msg":"Please log in again"}"#);
    let redirected = app.send(get("/pages/1")).await;
    assert_eq!((redirected.status, redirected.header("Location")), (303, Some("/login")));
    assert_eq!(app.send(get("/reports")).await.refusal().1, "missing_token");
}

#[test]
fn the_readme_shows_this() {
    assert_shown_in("Errors", include_str!("errors.rs"));
}
