//! `GET /me`.

use serde_json::json;
use service_kit::testing::error;
use shared::{
    UnixTime,
    testing::{PRIVATE_KEY_PEM, claims},
};

use crate::support::{Database, TestApp, config_for};

on_both_databases!(
    the_user_is_read_from_the_database,
    a_deleted_user_is_not_found,
    a_reused_name_is_a_different_user,
    a_token_without_a_uid_identifies_no_user,
    nothing_is_returned_without_a_token,
    an_invalid_token_is_rejected,
    the_bearer_scheme_is_case_insensitive,
    tokens_are_read_from_the_configured_locations,
);

async fn the_user_is_read_from_the_database(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of_new("John").await;
    let before = app.get_as(&token, "/me").await;
    database.execute("UPDATE users SET role = 'editor' WHERE username = 'John'");

    let after = app.get_as(&token, "/me").await;

    assert_eq!(before.status, 200);
    assert_eq!(before.json(), json!({ "id": 2, "username": "John", "role": "user" }));
    assert_eq!(after.json(), json!({ "id": 2, "username": "John", "role": "editor" }));
}

async fn a_deleted_user_is_not_found(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of_new("john").await;
    database.execute("DELETE FROM users WHERE username = 'john'");

    let response = app.get_as(&token, "/me").await;

    assert_eq!(response.error(), error(401, "user_not_found", "User not found"));
    let challenge = response.header("www-authenticate").unwrap();
    assert_eq!(challenge, r#"Bearer error="invalid_token", error_description="User not found""#);
}

async fn a_reused_name_is_a_different_user(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let of_the_first = app.token_of_new("john").await;
    database.execute("DELETE FROM users WHERE username = 'john'");
    let of_the_second = app.token_of_new("john").await;

    assert_eq!(app.get_as(&of_the_first, "/me").await.error().1, "user_not_found");
    assert_eq!(app.get_as(&of_the_second, "/me").await.json()["id"], 3);
}

async fn a_token_without_a_uid_identifies_no_user(database: Database) {
    let app = TestApp::spawn(database).await;
    let mut claims = claims("admin", "admin");
    claims.uid = None;

    let response = app.get_as(&app.mint(&claims).await, "/me").await;

    assert_eq!(response.error(), error(401, "user_not_found", "User not found"));
}

async fn nothing_is_returned_without_a_token(database: Database) {
    let app = TestApp::spawn(database).await;

    for response in [app.get("/me").await, app.get_with("Authorization", "Basic YWRtaW46YWRtaW4=", "/me").await] {
        assert_eq!(response.error(), error(401, "missing_token", "Missing Authorization Header"));
        assert_eq!(response.header("www-authenticate"), Some(r#"Bearer realm="access token""#));
    }
}

async fn an_invalid_token_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let good = claims("admin", "admin");
    let mut expired = good.clone();
    expired.exp = UnixTime::now();
    let mut of_another = good.clone();
    of_another.iss = "http://localhost:5001".into();
    let tampered = app.mint(&good).await.replacen('.', ".e", 1);
    let without_status = app.get_as(&app.mint_without_status(&good).await, "/me").await;

    let expired = app.get_as(&app.mint(&expired).await, "/me").await;
    let of_another = app.get_as(&app.mint(&of_another).await, "/me").await;
    let tampered = app.get_as(&tampered, "/me").await;
    let key_as_token = app.get_as(PRIVATE_KEY_PEM.lines().nth(1).unwrap(), "/me").await;

    assert_eq!(expired.error(), error(401, "token_expired", "Token has expired"));
    for response in [of_another, tampered, without_status, key_as_token] {
        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"));
    }
}

async fn the_bearer_scheme_is_case_insensitive(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for scheme in ["Bearer ", "bearer ", "BEARER   "] {
        assert_eq!(app.get_with("Authorization", &format!("{scheme}{token}"), "/me").await.status, 200, "{scheme}");
    }
    for wrong in
        [format!("Bearer\t{token}"), format!("Bearer {token},"), "Bearer ".to_owned(), format!("Bearer {token} x")]
    {
        let response = app.get_with("Authorization", &wrong, "/me").await;

        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"), "{wrong:?}");
    }
}

async fn tokens_are_read_from_the_configured_locations(database: Database) {
    let mut config = config_for(&database);
    config.token_location = "cookies,query_string".into();
    let app = TestApp::spawn_with(database, config).await;
    let token = app.token_of_new("john").await;

    let from_cookie = app.get_with("Cookie", &format!("access_token_cookie={token}"), "/me").await;
    let from_query = app.get(&format!("/me?jwt={token}")).await;
    let from_header = app.get_as(&token, "/me").await;

    assert_eq!(from_cookie.json()["username"], "john");
    assert_eq!(from_query.json()["username"], "john");
    assert_eq!(from_header.code(), (401, "missing_token"));
}
