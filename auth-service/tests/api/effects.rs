//! The effect of account changes on existing tokens, and on tokens that are issued at the same moment.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use service_kit::testing::{Response, send};

use crate::support::{Database, PASSWORD, TestApp, and_admin, claims_of, config_for};

on_both_databases!(
    a_refresh_returns_the_new_role_and_the_old_token_is_stale,
    a_demoted_admin_loses_admin_rights,
    a_disabled_user_can_neither_refresh_nor_log_in,
    a_deleted_user_can_neither_refresh_nor_log_in,
    a_password_reset_ends_every_session,
    a_changed_password_ends_every_other_session,
    no_token_with_the_old_role_stays_valid_despite_concurrent_refreshes,
    no_session_survives_disabling_the_user_despite_concurrent_logins,
    no_session_survives_a_new_password_despite_concurrent_logins,
);

async fn a_refresh_returns_the_new_role_and_the_old_token_is_stale(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let before = app.log_in("john").await;

    patch(&app, "john", &json!({ "role": "editor" })).await;
    let after = refresh(&app, &before).await;

    assert_eq!(status_of(&database, &before), "3");
    assert_eq!((after.status, &*status_of(&database, &after)), (200, "0"));
    assert_eq!((role_of(&before), role_of(&after)), ("user".to_owned(), "editor".to_owned()));
    assert_eq!(role_of(&app.log_in("john").await), "editor");
}

async fn a_demoted_admin_loses_admin_rights(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("boss").await;
    patch(&app, "boss", &json!({ "role": "admin" })).await;
    let token = access_token(&app.log_in("boss").await);
    assert_eq!(app.get_as(&token, "/audit").await.status, 200);

    patch(&app, "boss", &json!({ "role": "user" })).await;

    for path in ["/audit", "/users", "/users/admin"] {
        assert_ne!(app.get_as(&token, path).await.status, 200, "{path}");
    }
}

async fn a_disabled_user_can_neither_refresh_nor_log_in(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let before = app.log_in("john").await;

    patch(&app, "john", &json!({ "disabled": true })).await;
    let (refreshed, login) = (refresh(&app, &before).await, app.log_in("john").await);
    patch(&app, "john", &json!({ "disabled": false })).await;

    assert_eq!(status_of(&database, &before), "1");
    assert_eq!(refreshed.code(), (401, "token_revoked"));
    assert_eq!(login.error().1, "user_disabled");
    assert_eq!(refresh(&app, &before).await.error().1, "token_revoked");
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn a_deleted_user_can_neither_refresh_nor_log_in(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let before = app.log_in("john").await;
    let password = json!({ "password": PASSWORD });
    let own =
        send(app.request("DELETE", "/me").bearer_auth(access_token(&app.log_in("john").await)).json(&password)).await;

    assert_eq!(own.status, 204);
    assert_eq!(status_of(&database, &before), "1");
    assert_eq!(refresh(&app, &before).await.error().1, "token_revoked");
    assert_eq!(app.log_in("john").await.error().1, "invalid_credentials");
}

async fn a_password_reset_ends_every_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let before = app.log_in("john").await;
    let admin = app.token_of("admin").await;
    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await.json();
    assert_eq!(refresh(&app, &before).await.status, 200);

    let reset = json!({ "token": offered["reset_token"], "password": "another horse" });
    assert_eq!(app.post("/password-reset", &reset).await.status, 204);

    assert_eq!(status_of(&database, &before), "1");
    assert_eq!(refresh(&app, &before).await.error().1, "token_revoked");
    assert_eq!(app.log_in("john").await.status, 401);
}

async fn a_changed_password_ends_every_other_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let (other, current) = (app.log_in("john").await, app.log_in("john").await);

    let change = json!({ "current_password": PASSWORD, "new_password": "another horse" });
    let changed = send(app.request("PUT", "/me/password").bearer_auth(access_token(&current)).json(&change)).await;

    assert_eq!(changed.status, 200);
    assert_eq!((&*status_of(&database, &other), &*status_of(&database, &changed)), ("1", "0"));
    assert_eq!(refresh(&app, &other).await.error().1, "token_revoked");
    assert_eq!(refresh(&app, &changed).await.status, 200);
}

async fn no_token_with_the_old_role_stays_valid_despite_concurrent_refreshes(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let admin = app.token_of("admin").await;
    let sessions = join_all((0..6).map(|_| app.log_in("john"))).await;
    let mut role_before = "user";

    for role in ["editor", "user", "editor", "user"] {
        let change = json!({ "role": role });
        let change = send(app.request("PATCH", "/users/john").bearer_auth(&admin).json(&change));
        // These are the sessions' first refresh tokens, so in later rounds they are retries, which still return tokens.
        let refreshes = join_all(sessions.iter().chain(&sessions).map(|session| refresh(&app, session)));

        let (changed, refreshed) = join(change, refreshes).await;

        assert_eq!(changed.status, 200);
        for issued in &refreshed {
            assert_eq!(issued.status, 200, "{issued:?}");
            let seen = (role_of(issued), status_of(&database, issued));
            let [new, old] = [(role.to_owned(), "0".to_owned()), (role_before.to_owned(), "3".to_owned())];
            assert!(seen == new || seen == old, "{seen:?}");
        }
        role_before = role;
    }
}

async fn no_session_survives_disabling_the_user_despite_concurrent_logins(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let admin = app.token_of("admin").await;

    for _ in 0..4 {
        let change = json!({ "disabled": true });
        let disable = send(app.request("PATCH", "/users/john").bearer_auth(&admin).json(&change));
        let (disabled, logins) = join(disable, join_all((0..8).map(|_| app.log_in("john")))).await;

        assert_eq!(disabled.status, 200);
        for login in &logins {
            match login.status {
                200 => assert_eq!(status_of(&database, login), "1"),
                _ => assert_eq!(login.error().1, "user_disabled"),
            }
        }
        assert_eq!(live_sessions_of_john(&database), "0");
        patch(&app, "john", &json!({ "disabled": false })).await;
    }
}

async fn no_session_survives_a_new_password_despite_concurrent_logins(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.limits.enabled = false;
    let app = TestApp::spawn_with(database.clone(), config).await;
    app.register("john").await;
    let admin = app.token_of("admin").await;
    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await.json();
    let reset = json!({ "token": offered["reset_token"], "password": "another horse" });

    let (reset, logins) =
        join(app.post("/password-reset", &reset), join_all((0..16).map(|_| app.log_in("john")))).await;

    assert_eq!(reset.status, 204);
    for login in &logins {
        match login.status {
            200 => assert_eq!(status_of(&database, login), "1"),
            _ => assert_eq!(login.error().1, "invalid_credentials"),
        }
    }
    assert_eq!(live_sessions_of_john(&database), "0");
}

async fn patch(app: &TestApp, name: &str, change: &Value) {
    let admin = app.token_of("admin").await;
    let response = send(app.request("PATCH", &format!("/users/{name}")).bearer_auth(&admin).json(change)).await;
    assert_eq!(response.status, 200, "{response:?}");
}

async fn refresh(app: &TestApp, issued: &Response) -> Response {
    let token: Value = issued.json()["refresh_token"].take();
    send(app.request("POST", "/refresh").bearer_auth(token.as_str().unwrap())).await
}

fn access_token(issued: &Response) -> String {
    issued.json()["access_token"].as_str().unwrap().to_owned()
}

fn role_of(issued: &Response) -> String {
    claims_of(&access_token(issued)).role.unwrap().to_string()
}

/// The status of the access token.
fn status_of(database: &Database, issued: &Response) -> String {
    let entry = claims_of(&access_token(issued)).status.unwrap().status_list.unwrap();
    let list = entry.uri.rsplit('/').next().unwrap();
    let query = "SELECT CAST(status AS TEXT) AS text FROM access_tokens WHERE";
    database.rows(&format!("{query} list_id = {list} AND idx = {}", entry.idx)).remove(0)
}

fn live_sessions_of_john(database: &Database) -> String {
    let query = "SELECT CAST(COUNT(*) AS TEXT) AS text FROM sessions WHERE user_id = 2 AND revoked_at IS NULL";
    database.rows(query).remove(0)
}
