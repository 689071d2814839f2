//! `GET /userinfo` and `POST /userinfo`.

use serde_json::json;
use service_kit::testing::{Response, send};

use crate::support::{Database, PASSWORD, TestApp, claims_of, client_token, form, insert_client, oauth_error};

on_both_databases!(
    row_53_the_subject_is_the_users_number_by_get_and_post_with_either_form_of_the_token,
    row_51_only_claims_of_the_scopes_are_shown,
    row_53_errors_are_those_of_bearer_tokens,
    a_token_may_be_sent_once,
    a_token_in_the_query_string_or_in_a_get_is_not_looked_at,
    an_ended_session_and_a_disabled_user_count_at_once,
    a_client_has_no_userinfo,
    row_50_a_number_is_never_given_to_another,
);

const PATH: &str = "/userinfo";

/// An access token of this user's session with these scopes.
async fn scoped(app: &TestApp, username: &str, scope: &str) -> String {
    let mut claims = claims_of(&app.token_of(username).await);
    claims.scope = Some(scope.to_owned());
    app.mint(&claims).await
}

async fn post_form(app: &TestApp, body: &str) -> Response {
    form(app, PATH, None, body).await
}

async fn row_53_the_subject_is_the_users_number_by_get_and_post_with_either_form_of_the_token(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = scoped(&app, "admin", "openid").await;

    let by_get = app.get_as(&token, PATH).await;
    let by_post = send(app.request("POST", PATH).bearer_auth(&token)).await;
    let by_empty_form = form(&app, PATH, None, &format!("access_token={token}&more=x")).await;

    for response in [by_get, by_post, by_empty_form] {
        assert_eq!((response.status, response.json()), (200, json!({ "sub": "1" })));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(response.header("content-type"), Some("application/json"));
    }
}

async fn row_51_only_claims_of_the_scopes_are_shown(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let without_address = app.get_as(&scoped(&app, "admin", "openid profile email").await, PATH).await.json();
    database.execute("UPDATE users SET email = 'ann@example.com' WHERE id = 1");

    for (scope, expected) in [
        ("openid", json!({ "sub": "1" })),
        ("openid profile", json!({ "sub": "1", "preferred_username": "admin" })),
        ("email openid", json!({ "sub": "1", "email": "ann@example.com", "email_verified": false })),
        ("openid offline_access reports:read", json!({ "sub": "1" })),
    ] {
        assert_eq!(app.get_as(&scoped(&app, "admin", scope).await, PATH).await.json(), expected, "{scope}");
    }
    assert_eq!(without_address, json!({ "sub": "1", "preferred_username": "admin" }));
}

async fn row_53_errors_are_those_of_bearer_tokens(database: Database) {
    let app = TestApp::spawn(database).await;
    let without_openid = scoped(&app, "admin", "profile openid2").await;
    let without_scope = app.token_of("admin").await;

    let missing = app.get(PATH).await;
    let missing_in_form = post_form(&app, "access_token=").await;
    let invalid = app.get_as("x", PATH).await;
    let invalid_in_form = post_form(&app, "access_token=x").await;

    for response in [missing, missing_in_form] {
        assert_eq!(response.code(), (401, "missing_token"));
        assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"access token\""));
    }
    for response in [invalid, invalid_in_form] {
        assert_eq!(response.code(), (401, "invalid_token"));
        assert!(response.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_token\""));
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    for token in [without_openid, without_scope] {
        let response = app.get_as(&token, PATH).await;
        assert_eq!(response.code(), (403, "insufficient_scope"));
        let challenge = response.header("www-authenticate").unwrap();
        assert!(challenge.starts_with("Bearer error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.ends_with("scope=\"openid\""), "{challenge}");
    }
}

async fn a_token_may_be_sent_once(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = scoped(&app, "admin", "openid").await;
    let request = app.request("POST", PATH).header("Content-Type", "application/x-www-form-urlencoded");

    let by_two_methods = send(request.bearer_auth(&token).body(format!("access_token={token}"))).await;
    let twice = post_form(&app, &format!("access_token={token}&access_token={token}")).await;

    assert_eq!(by_two_methods.code(), (400, "invalid_request"));
    assert_eq!(oauth_error(&twice), (400, "invalid_request".to_owned()));
}

async fn a_token_in_the_query_string_or_in_a_get_is_not_looked_at(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = scoped(&app, "admin", "openid").await;
    let request = app.request("GET", PATH).header("Content-Type", "application/x-www-form-urlencoded");

    let in_query = app.get(&format!("{PATH}?access_token={token}")).await;
    let in_body_of_get = send(request.body(format!("access_token={token}"))).await;
    let in_json = app.post(PATH, &json!({ "access_token": token })).await;

    for response in [in_query, in_body_of_get, in_json] {
        assert_eq!(response.code(), (401, "missing_token"));
    }
}

async fn an_ended_session_and_a_disabled_user_count_at_once(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let [ended, disabled] = [scoped(&app, "john", "openid").await, scoped(&app, "admin", "openid").await];
    database
        .execute("UPDATE sessions SET revoked_at = 1 WHERE user_id = (SELECT id FROM users WHERE username = 'john')");
    database.execute("UPDATE users SET disabled_at = 1 WHERE username = 'admin'");

    assert_eq!(app.get_as(&ended, PATH).await.code(), (401, "token_revoked"));
    assert_eq!(app.get_as(&disabled, PATH).await.code(), (401, "user_not_found"));
}

async fn a_client_has_no_userinfo(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_client(&database, "job@clients", "openid");

    let response = app.get_as(&client_token(&app, "job@clients").await, PATH).await;

    assert_eq!(response.code(), (401, "user_not_found"));
}

async fn row_50_a_number_is_never_given_to_another(database: Database) {
    let app = TestApp::spawn(database).await;
    let sub = async |name: &str| {
        app.register(name).await;
        let token = scoped(&app, name, "openid").await;
        app.get_as(&token, PATH).await.json()["sub"].as_str().unwrap().parse::<i64>().unwrap()
    };
    let first = sub("john").await;
    let token = app.token_of("john").await;
    let deletion = app.request("DELETE", "/me").bearer_auth(&token).json(&json!({ "password": PASSWORD }));
    assert_eq!(send(deletion).await.status, 204);

    let second = sub("eve").await;

    assert!(second > first, "{first}, {second}");
    assert_eq!(app.register("john").await.code(), (400, "username_taken"));
}
