//! Custom responses to rejected requests.

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service},
    web::{self, ServiceConfig},
};
use serde_json::json;
use shared::{
    Admin, AuthError, CurrentUser, CustomResponse, Fresh, Jwt, MaybeJwt, UnixTime, User, UserLookup, require,
    testing::{TestToken, claims, mint, resource_server_builder},
    users::UserLookupFuture,
};

use crate::support::{TestApp, get, modified};

/// A hook with one arm per error loader of Flask-JWT-Extended.
async fn app(routes: impl FnOnce(&mut ServiceConfig)) -> TestApp {
    let server = resource_server_builder().on_error(|error, context| match error {
        AuthError::Missing(_) if context.request().header("Accept") == Some("text/html") => {
            Some(CustomResponse::redirect("/login").header("X-Why", "no token"))
        }
        AuthError::Expired => Some(CustomResponse::json(401, &json!({ "msg": "log in again" }))),
        AuthError::Invalid(_) => Some(CustomResponse::new(422, "text/plain", "not a token of ours")),
        AuthError::FreshRequired { .. } => Some(CustomResponse::json(401, &json!({ "msg": "stale" }))),
        AuthError::Forbidden(_) => Some(CustomResponse::json(404, &json!({ "msg": context.request().path() }))),
        AuthError::UserNotFound => Some(CustomResponse::json(410, &json!({ "msg": "gone" }))),
        _ => None,
    });
    let auth = server.user_lookup(Nobody).spawn().unwrap();
    TestApp::new(|app| routes(app.configure(auth.app()))).await
}

/// Finds no user.
struct Nobody;

struct Member;

impl UserLookup for Nobody {
    type User = Member;

    fn find<'a>(&'a self, _: &'a shared::Claims, _: &'a str) -> UserLookupFuture<'a, Member> {
        Box::pin(async { Ok(None) })
    }
}

fn routes(app: &mut ServiceConfig) {
    app.route("/", web::get().to(async |_: Jwt| "allowed"))
        .route("/user", web::get().to(async |_: CurrentUser<User>| "allowed"))
        .route("/member", web::get().to(async |_: CurrentUser<Member>| "allowed"))
        .route("/fresh", web::get().to(async |_: Jwt<Fresh>| "allowed"))
        .route("/admin", web::get().to(async |_: Jwt<Admin>| "allowed"))
        .route("/maybe", web::get().to(async |_: MaybeJwt| "allowed"));
}

#[actix_web::test]
async fn the_hook_replaces_the_default_response() {
    let app = app(routes).await;
    let alice = claims("alice", "user");
    let expired = modified(alice.clone(), |claims| claims.exp = UnixTime::from_seconds(1));
    let refreshed = modified(alice.clone(), |claims| claims.fresh = false);
    let without_id = modified(alice.clone(), |claims| claims.uid = None);

    for (path, token, status, body) in [
        ("/", mint(&expired), 401, r#"{"msg":"log in again"}"#),
        ("/user", mint(&expired), 401, r#"{"msg":"log in again"}"#),
        ("/maybe", mint(&expired), 401, r#"{"msg":"log in again"}"#),
        ("/", "rubbish".to_owned(), 422, "not a token of ours"),
        ("/fresh", mint(&refreshed), 401, r#"{"msg":"stale"}"#),
        ("/admin", mint(&alice), 404, r#"{"msg":"/admin"}"#),
        ("/user", mint(&without_id), 410, r#"{"msg":"gone"}"#),
        ("/member", mint(&alice), 410, r#"{"msg":"gone"}"#),
    ] {
        let response = app.get(path, &token).await;

        assert_eq!((response.status, &*response.text), (status, body), "{path}");
        assert_eq!(response.header("Cache-Control"), Some("no-store"), "{path}");
        assert!(response.challenge().is_some(), "{path}: the challenge is kept");
    }
}

#[actix_web::test]
async fn the_default_response_is_sent_if_the_hook_returns_none() {
    let app = app(routes).await;

    assert_eq!(app.send(get("/")).await.refusal().1, "missing_token");
    assert_eq!(app.send(get("/maybe")).await.text, "allowed");
}

#[actix_web::test]
async fn a_browser_is_redirected_to_the_login_page() {
    let response = app(routes).await.send(get("/").insert_header(("Accept", "text/html"))).await;

    assert_eq!(
        (response.status, response.header("Location"), response.header("X-Why")),
        (303, Some("/login"), Some("no token"))
    );
    assert_eq!(response.challenge(), None);
}

#[actix_web::test]
async fn the_hook_applies_to_a_whole_scope() {
    let hook = |error: &AuthError, _: &shared::RuleContext<'_>| {
        matches!(error, AuthError::Forbidden(_)).then(|| CustomResponse::new(404, "text/plain", "nothing here"))
    };
    let auth = resource_server_builder().on_error(hook).spawn().unwrap();
    let scope = web::scope("/admin").wrap(require::<Admin>()).route("/x", web::get().to(async || "allowed"));
    let app = init_service(App::new().configure(auth.app()).service(scope)).await;

    let request = TestRequest::get().uri("/admin/x").token(&claims("alice", "user")).to_request();

    assert_eq!(call_service(&app, request).await.status().as_u16(), 404);
}

#[actix_web::test]
async fn the_hook_cannot_turn_an_error_into_a_success() {
    let hook = |_: &AuthError, _: &shared::RuleContext<'_>| Some(CustomResponse::new(200, "text/plain", "come in"));
    let auth = resource_server_builder().on_error(hook).spawn().unwrap();
    let app = TestApp::new(|app| routes(app.configure(auth.app()))).await;

    assert_eq!(app.get("/", "rubbish").await.status, 500);
}
