//! Users change their own accounts: `PUT /me/password`, `DELETE /me`.

use std::time::Duration;

use serde_json::{Value, json};
use service_kit::testing::{Response, error, send};
use shared::{Claims, UnixTime, testing::claims};

use crate::support::{Database, PASSWORD, TestApp, begin_session, session_id, status_of};

on_both_databases!(
    a_new_password_ends_all_other_sessions,
    the_current_password_is_checked_if_given,
    an_invalid_password_is_rejected,
    a_new_password_invalidates_reset_tokens,
    an_old_login_is_not_recent_authentication,
    a_token_of_an_ended_session_is_rejected,
    nothing_changes_without_a_token,
    a_user_can_delete_their_own_account,
    the_last_admin_cannot_delete_their_own_account,
);

const NEW: &str = "another horse";

async fn a_new_password_ends_all_other_sessions(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for name in ["john", "eve"] {
        app.register(name).await;
    }
    for (id, user) in [("sid-of-john", 2), ("john-2", 2), ("eve-1", 3)] {
        begin_session(&database, id, user);
    }
    let token = app.mint(&claims_for(2, "john")).await;

    let response = put_password(&app, &token, &json!({ "new_password": NEW })).await;

    assert_eq!((response.status, &*response.body), (204, ""));
    let statuses = ["sid-of-john", "john-2", "eve-1"].map(|id| status_of(&database, id));
    assert_eq!(statuses, ["live 0", "ended 1", "live 0"]);
    assert_eq!(app.get_as(&token, "/me").await.status, 200);
    for (password, status) in [(PASSWORD, 401), (NEW, 200)] {
        let login = json!({ "username": "john", "password": password });
        assert_eq!(app.post("/login", &login).await.status, status, "{password}");
    }
    let event = "SELECT actor || ' ' || action || ' ' || subject || ' ' || address || ' ' || detail AS text \
                 FROM audit_log WHERE action = 'password_changed'";
    assert_eq!(database.rows(event), ["john password_changed john 127.0.0.1 sessions ended: 1"]);
}

async fn the_current_password_is_checked_if_given(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;

    let wrong = put_password(&app, &token, &json!({ "current_password": "wrong", "new_password": NEW })).await;
    let right = put_password(&app, &token, &json!({ "current_password": PASSWORD, "new_password": NEW })).await;

    assert_eq!(wrong.code(), (403, "wrong_password"));
    assert_eq!(right.status, 204);
}

async fn an_invalid_password_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;

    for password in ["", "short", &"x".repeat(1025)] {
        let response = put_password(&app, &token, &json!({ "new_password": password })).await;

        assert_eq!(response.code(), (400, "invalid_request"));
    }
    for body in [json!({}), json!({ "new_password": 12_345_678 }), json!({ "password": NEW }), json!([NEW])] {
        let response = put_password(&app, &token, &body).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{body}");
    }
    assert_eq!(app.post_as(&token, "/me/password", &json!({ "new_password": NEW })).await.header("allow"), Some("PUT"));
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn a_new_password_invalidates_reset_tokens(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;
    let admin = app.token_of("admin").await;
    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await.json();

    put_password(&app, &token, &json!({ "new_password": NEW })).await;

    let reset = json!({ "token": offered["reset_token"], "password": "a third horse" });
    assert_eq!(app.post("/password-reset", &reset).await.error().1, "invalid_reset_token");
}

async fn an_old_login_is_not_recent_authentication(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let at = |auth_time: UnixTime, fresh: bool| {
        let mut claims = claims_for(2, "john");
        (claims.auth_time, claims.fresh) = (Some(auth_time), fresh);
        claims
    };
    let long_ago = app.mint(&at(UnixTime::now().minus(Duration::from_secs(301)), true)).await;
    let refreshed = app.mint(&at(UnixTime::now(), false)).await;

    for token in [&long_ago, &refreshed] {
        for response in [
            put_password(&app, token, &json!({ "new_password": NEW })).await,
            send(app.request("DELETE", "/me").bearer_auth(token)).await,
        ] {
            assert_eq!(response.code(), (401, "fresh_token_required"));
            let challenge = r#"Bearer error="insufficient_user_authentication", error_description="Fresh token required", max_age="300""#;
            assert_eq!(response.header("www-authenticate"), Some(challenge));
        }
    }
    assert_eq!(app.log_in("john").await.status, 200);
    begin_session(&database, "sid-of-john", 2);
    let recent = app.mint(&at(UnixTime::now().minus(Duration::from_secs(200)), true)).await;
    assert_eq!(put_password(&app, &recent, &json!({ "new_password": NEW })).await.status, 204);
}

async fn a_token_of_an_ended_session_is_rejected(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let logged_out = app.token_of_new("john").await;
    app.post_as(&logged_out, "/logout", &json!({})).await;
    begin_session(&database, "sid-of-eve", 1);
    let mut claims = claims_for(2, "john");
    claims.sid = Some(session_id("sid-of-eve"));
    let of_another = app.mint(&claims).await;

    for token in [&logged_out, &of_another] {
        let password = put_password(&app, token, &json!({ "new_password": NEW })).await;
        let deleted = send(app.request("DELETE", "/me").bearer_auth(token)).await;

        assert_eq!((password.error().1, deleted.error().1), ("token_revoked".into(), "token_revoked".into()));
    }
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn nothing_changes_without_a_token(database: Database) {
    let app = TestApp::spawn(database).await;

    for (method, path) in [("PUT", "/me/password"), ("DELETE", "/me")] {
        let response = send(app.request(method, path).json(&json!({ "new_password": NEW }))).await;

        assert_eq!(response.error(), error(401, "missing_token", "Missing Authorization Header"));
    }
}

async fn a_user_can_delete_their_own_account(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of_new("john").await;
    begin_session(&database, "john-1", 2);

    let deleted = send(app.request("DELETE", "/me").bearer_auth(&token)).await;
    let again = send(app.request("DELETE", "/me").bearer_auth(&token)).await;

    assert_eq!((deleted.status, &*deleted.body), (204, ""));
    assert_eq!(again.status, 401);
    assert_eq!(status_of(&database, "john-1"), "ended 1");
    assert_eq!(app.log_in("john").await.status, 401);
    let event = "SELECT actor || ' ' || subject || ' ' || detail AS text FROM audit_log WHERE action = 'user_deleted'";
    assert_eq!(database.rows(event), ["john john number 2"]);
}

async fn the_last_admin_cannot_delete_their_own_account(database: Database) {
    let app = TestApp::spawn(database).await;
    let admin = app.token_of("admin").await;

    let response = send(app.request("DELETE", "/me").bearer_auth(&admin)).await;

    assert_eq!(response.code(), (409, "last_admin"));
    assert_eq!(app.get_as(&admin, "/me").await.status, 200);
}

fn claims_for(uid: i64, username: &str) -> Claims {
    let mut claims = claims(username, "user");
    (claims.uid, claims.sid) = (Some(uid), Some(session_id(&format!("sid-of-{username}"))));
    claims
}

async fn put_password(app: &TestApp, token: &str, body: &Value) -> Response {
    send(app.request("PUT", "/me/password").bearer_auth(token).json(body)).await
}
