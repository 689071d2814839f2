//! Users change their own accounts: `PUT /me/password`, `DELETE /me`.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use service_kit::testing::{Response, error, send};
use shared::{Claims, UnixTime, testing::claims};

use crate::support::{Database, PASSWORD, TestApp, begin_session, claims_of, session_id, status_of};

on_both_databases!(
    a_new_password_ends_all_other_sessions,
    the_session_goes_on_with_new_tokens_and_the_old_refresh_token_is_dead,
    nothing_changes_without_the_password,
    a_wrong_password_changes_nothing_and_is_in_the_audit_log,
    a_password_that_was_replaced_in_the_meantime_is_wrong,
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

    let response = put_password(&app, &token, &change(NEW)).await;

    assert_eq!(response.status, 200);
    assert_eq!(["john-2", "eve-1"].map(|id| status_of(&database, id)), ["ended 1", "live 0"]);
    assert_eq!(app.get_as(&token, "/me").await.status, 200);
    for (password, status) in [(PASSWORD, 401), (NEW, 200)] {
        let login = json!({ "username": "john", "password": password });
        assert_eq!(app.post("/login", &login).await.status, status, "{password}");
    }
    let event = "SELECT actor || ' ' || action || ' ' || subject || ' ' || address || ' ' || detail AS text \
                 FROM audit_log WHERE action = 'password_changed'";
    assert_eq!(database.rows(event), ["john password_changed john 127.0.0.1 sessions ended: 1"]);
}

async fn the_session_goes_on_with_new_tokens_and_the_old_refresh_token_is_dead(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let before = app.log_in("john").await;

    let after = put_password(&app, &text(&before, "access_token"), &change(NEW)).await;

    assert_eq!((after.status, after.header("cache-control")), (200, Some("no-store")));
    let names: Vec<_> = after.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["access_token", "device_token", "expires_in", "refresh_token", "token_type"]);
    let [old, new] = [&before, &after].map(|issued| claims_of(&text(issued, "access_token")));
    assert!((old.sid == new.sid) && new.fresh && new.auth_time >= old.auth_time, "{new:?}");
    assert_eq!(app.get_as(&text(&after, "access_token"), "/me").await.status, 200);
    // The first attempt to refresh may have been lost, so a spent token's parent is accepted; this one is not.
    for _ in 0..2 {
        assert_eq!(refresh(&app, &before).await.code(), (401, "token_revoked"));
    }
    let next = refresh(&app, &after).await;
    assert_eq!(next.status, 200);
    assert_eq!(refresh(&app, &next).await.status, 200);
    assert_eq!(refresh(&app, &before).await.code(), (401, "token_revoked"));
    let reuses = "SELECT subject AS text FROM audit_log WHERE action = 'refresh_token_reused'";
    assert_eq!(database.rows(reuses), [""; 0]);
    // A spent token of the new ones is theft as ever.
    assert_eq!(refresh(&app, &after).await.code(), (401, "token_revoked"));
    assert_eq!(database.rows(reuses), ["john"]);
}

async fn nothing_changes_without_the_password(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;

    let password = put_password(&app, &token, &json!({ "new_password": NEW })).await;
    let empty = delete_me(&app, &token, &json!({})).await;
    let no_body = send(app.request("DELETE", "/me").bearer_auth(&token)).await;

    assert_eq!(password.code(), (400, "invalid_request"));
    assert_eq!(empty.code(), (400, "invalid_request"));
    assert_eq!(no_body.code(), (415, "unsupported_media_type"));
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn a_wrong_password_changes_nothing_and_is_in_the_audit_log(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of_new("john").await;

    let change = json!({ "current_password": "wrong horse", "new_password": NEW });
    let changed = put_password(&app, &token, &change).await;
    let deleted = delete_me(&app, &token, &json!({ "password": "wrong horse" })).await;

    assert_eq!(changed.code(), (403, "wrong_password"));
    assert_eq!(deleted.code(), (403, "wrong_password"));
    assert_eq!(app.log_in("john").await.status, 200);
    let failures = "SELECT subject || ' ' || address || ' ' || detail AS text FROM audit_log \
                    WHERE action = 'log_in_failed' ORDER BY id";
    let expected = [
        "john 127.0.0.1 wrong password at a change of password",
        "john 127.0.0.1 wrong password at the deletion of the account",
    ];
    assert_eq!(database.rows(failures), expected);
}

async fn a_password_that_was_replaced_in_the_meantime_is_wrong(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of_new("john").await;

    for _ in 0..2 {
        let change = change(NEW);
        let requests = (0..4).map(|_| put_password(&app, &token, &change));
        let mut statuses: Vec<_> = join_all(requests).await.iter().map(|response| response.status).collect();

        statuses.sort_unstable();
        assert!(matches!(statuses[..], [200 | 403, 403, 403, 403]), "{statuses:?}");
    }
    assert_eq!(database.rows("SELECT action AS text FROM audit_log WHERE action = 'password_changed'").len(), 1);
}

async fn an_invalid_password_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;

    for password in ["", "short", &"x".repeat(1025)] {
        let response = put_password(&app, &token, &change(password)).await;

        assert_eq!(response.code(), (400, "invalid_request"));
    }
    for body in [
        json!({}),
        json!({ "current_password": PASSWORD, "new_password": 12_345_678 }),
        json!({ "current_password": PASSWORD, "password": NEW }),
        json!([PASSWORD, NEW]),
    ] {
        let response = put_password(&app, &token, &body).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{body}");
    }
    assert_eq!(app.post_as(&token, "/me/password", &change(NEW)).await.header("allow"), Some("PUT"));
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn a_new_password_invalidates_reset_tokens(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;
    let admin = app.token_of("admin").await;
    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await.json();

    put_password(&app, &token, &change(NEW)).await;

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
            put_password(&app, token, &change(NEW)).await,
            delete_me(&app, token, &json!({ "password": PASSWORD })).await,
        ] {
            assert_eq!(response.code(), (401, "fresh_token_required"));
            let challenge = r#"Bearer error="insufficient_user_authentication", error_description="Fresh token required", max_age="300""#;
            assert_eq!(response.header("www-authenticate"), Some(challenge));
        }
    }
    assert_eq!(app.log_in("john").await.status, 200);
    begin_session(&database, "sid-of-john", 2);
    let recent = app.mint(&at(UnixTime::now().minus(Duration::from_secs(200)), true)).await;
    assert_eq!(put_password(&app, &recent, &change(NEW)).await.status, 200);
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
        let password = put_password(&app, token, &change(NEW)).await;
        let deleted = delete_me(&app, token, &json!({ "password": PASSWORD })).await;

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

    let deleted = delete_me(&app, &token, &json!({ "password": PASSWORD })).await;
    let again = delete_me(&app, &token, &json!({ "password": PASSWORD })).await;

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

    let response = delete_me(&app, &admin, &json!({ "password": PASSWORD })).await;

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

async fn delete_me(app: &TestApp, token: &str, body: &Value) -> Response {
    send(app.request("DELETE", "/me").bearer_auth(token).json(body)).await
}

async fn refresh(app: &TestApp, issued: &Response) -> Response {
    send(app.request("POST", "/refresh").bearer_auth(text(issued, "refresh_token"))).await
}

/// The body of a change to this password.
fn change(new: &str) -> Value {
    json!({ "current_password": PASSWORD, "new_password": new })
}

fn text(issued: &Response, name: &str) -> String {
    issued.json()[name].as_str().unwrap().to_owned()
}
