//! Sessions, and the tokens in them.

use std::{sync::Arc, time::Duration};

use futures_util::future::join;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{ACCESS_TOKEN, Login, TOKEN, id_token};
use crate::fake_issuer::FakeResponse;

fn renewed(access_token: &str, refresh_token: &str) -> Value {
    json!({ "access_token": access_token, "token_type": "Bearer", "expires_in": 900, "refresh_token": refresh_token })
}

fn refusal() -> FakeResponse {
    FakeResponse::new(400, json!({ "error": "invalid_grant" }).to_string())
}

#[actix_web::test]
async fn an_access_token_is_renewed_before_it_expires() {
    let app = Login::new().await;
    app.log_in(0).await;
    app.issuer.respond_with(TOKEN, FakeResponse::json(&renewed("second-token", "refresh-2")));

    let page = app.get("/private").await;
    let again = app.get("/private").await;

    assert_eq!((&*page.text, &*again.text), ("7 alice second-token", "7 alice second-token"));
    let requests = app.token_requests();
    assert_eq!(requests.len(), 2);
    assert_eq!((&*requests[1]["grant_type"], &*requests[1]["refresh_token"]), ("refresh_token", "refresh-1"));
}

#[actix_web::test]
async fn requests_at_the_same_time_refresh_once() {
    let app = Login::new().await;
    app.log_in(0).await;
    let gate = Arc::new(Semaphore::new(0));
    let response = FakeResponse::json(&renewed("second-token", "refresh-2")).gated_by(&gate);
    app.issuer.respond_in_turn(TOKEN, [response, refusal()]);

    let opened = async {
        app.issuer.wait_for_requests_to(TOKEN, 1).await;
        gate.add_permits(1);
    };
    let ((first, second), ()) = join(join(app.get("/private"), app.get("/private")), opened).await;

    assert_eq!((&*first.text, &*second.text), ("7 alice second-token", "7 alice second-token"));
    assert_eq!(app.token_requests().len(), 2);
}

#[actix_web::test]
async fn a_refused_refresh_ends_the_session() {
    let app = Login::new().await;
    app.log_in(0).await;
    app.issuer.respond_with(TOKEN, refusal());

    let sent_to_login = app.get("/private").await;
    let again = app.get("/private").await;

    assert_eq!((sent_to_login.status, again.status), (303, 303));
    assert_eq!(sent_to_login.header("Location"), Some("/login?return_to=%2Fprivate"));
    assert_eq!(app.token_requests().len(), 2);
}

#[actix_web::test]
async fn a_user_stays_signed_in_while_the_issuer_is_down_but_without_a_token() {
    let app = Login::new().await;
    app.log_in(0).await;
    app.issuer.respond_with(TOKEN, FakeResponse::new(503, ""));

    let page = app.get("/private").await;
    let again = app.get("/private").await;

    assert_eq!((&*page.text, &*again.text), ("7 alice no token", "7 alice no token"));
    assert_eq!(app.token_requests().len(), 2, "the issuer is left alone for a while");
}

#[actix_web::test]
async fn a_browser_that_hangs_up_loses_no_refresh_token() {
    let app = Login::new().await;
    app.log_in(0).await;
    let gate = Arc::new(Semaphore::new(0));
    let response = FakeResponse::json(&renewed("second-token", "refresh-2")).gated_by(&gate);
    app.issuer.respond_in_turn(TOKEN, [response, refusal()]);
    {
        let request = Box::pin(app.get("/private"));
        let sent = Box::pin(app.issuer.wait_for_requests_to(TOKEN, 1));
        futures_util::future::select(request, sent).await;
    }
    gate.add_permits(1);

    let page = app.get("/private").await;

    assert_eq!(page.text, "7 alice second-token");
}

#[actix_web::test]
async fn row_47_a_new_id_token_must_be_of_the_same_user_and_login() {
    for (claim, value) in
        [("sub", json!("8")), ("auth_time", json!(1)), ("nonce", json!("another")), ("aud", json!("x"))]
    {
        let app = Login::new().await;
        let begun = app.begin().await;
        let mut claims = app.claims(&begun);
        let mut first = super::tokens(&id_token(&claims));
        first["expires_in"] = 0.into();
        app.issuer.respond_with(TOKEN, FakeResponse::json(&first));
        app.get(&begun.callback()).await;
        claims[claim] = value;
        claims.as_object_mut().unwrap().remove("at_hash");
        let mut second = renewed("second-token", "refresh-2");
        second["id_token"] = id_token(&claims).into();
        app.issuer.respond_with(TOKEN, FakeResponse::json(&second));

        assert_eq!(app.get("/private").await.status, 303, "{claim}");
    }
}

#[actix_web::test]
async fn without_a_refresh_token_a_session_ends_with_its_access_token() {
    let app = Login::new().await;
    let begun = app.begin().await;
    let mut tokens = super::tokens(&id_token(&app.claims(&begun)));
    tokens.as_object_mut().unwrap().remove("refresh_token");
    app.issuer.respond_with(TOKEN, FakeResponse::json(&tokens));
    app.get(&begun.callback()).await;
    let lives = app.get("/private").await;

    tokens["expires_in"] = 0.into();
    let begun = app.begin().await;
    tokens["id_token"] = id_token(&app.claims(&begun)).into();
    app.issuer.respond_with(TOKEN, FakeResponse::json(&tokens));
    app.get(&begun.callback()).await;

    assert_eq!(lives.text, format!("7 alice {ACCESS_TOKEN}"));
    assert!(!app.is_signed_in().await);
}

#[actix_web::test]
async fn a_cookie_that_was_made_up_is_nobodys() {
    let app = Login::with(|builder| builder.session_ttl(Duration::from_mins(1))).await;
    app.log_in(900).await;
    let name = "__Host-app_session";
    let real = app.cookies.borrow()[name].clone();

    for value in ["", "a", &"a".repeat(43), &real.to_lowercase(), &format!("{real}a")] {
        app.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());

        assert!(!app.is_signed_in().await, "{value}");
    }
    app.cookies.borrow_mut().insert(name.to_owned(), real);
    assert!(app.is_signed_in().await);
}
