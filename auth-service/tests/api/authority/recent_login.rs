//! Changes by an admin require a recent login; what an admin reads does not.

use serde_json::{Value, json};
use service_kit::testing::send;

use super::{spawn, state, token_of_boss};
use crate::support::{Database, PASSWORD, TestApp};

on_both_databases!(
    no_admin_changes_anything_with_a_refreshed_token,
    a_user_who_is_no_admin_is_not_asked_for_the_password
);

const CHANGES: [(&str, &str); 7] = [
    ("PATCH", "/users/john"),
    ("DELETE", "/users/john"),
    ("POST", "/users/john/password-reset"),
    ("POST", "/users/john/revoke-sessions"),
    ("POST", "/register"),
    ("POST", "/keys/rotate"),
    ("POST", "/keys/x/withdraw"),
];

async fn no_admin_changes_anything_with_a_refreshed_token(database: Database) {
    let app = spawn(&database).await;
    token_of_boss(&app, &database).await;
    let refreshed = refreshed_token(&app, "boss").await;
    let before = state(&database);

    for (method, path) in CHANGES {
        let response = send(app.request(method, path).bearer_auth(&refreshed).json(&body(path))).await;

        assert_eq!(response.code(), (401, "fresh_token_required"), "{method} {path}");
        assert!(response.header("www-authenticate").unwrap().ends_with(r#"max_age="300""#), "{method} {path}");
    }
    assert_eq!(state(&database), before);
    for path in ["/users", "/users/john", "/audit", "/keys"] {
        assert_eq!(app.get_as(&refreshed, path).await.status, 200, "{path}");
    }
    let again = app.post_as(&refreshed, "/reauthenticate", &json!({ "password": PASSWORD })).await.json();
    let change = app.request("PATCH", "/users/john").bearer_auth(again["access_token"].as_str().unwrap());
    assert_eq!(send(change.json(&json!({ "role": "editor" }))).await.status, 200);
}

async fn a_user_who_is_no_admin_is_not_asked_for_the_password(database: Database) {
    let app = spawn(&database).await;
    let refreshed = refreshed_token(&app, "john").await;

    for (method, path) in CHANGES {
        let response = send(app.request(method, path).bearer_auth(&refreshed).json(&body(path))).await;

        assert_eq!(response.code(), (403, "forbidden"), "{method} {path}");
    }
}

fn body(path: &str) -> Value {
    match path {
        "/register" => json!({ "username": "eve", "password": PASSWORD, "role": "admin" }),
        "/users/john" => json!({ "role": "admin" }),
        _ => json!({}),
    }
}

async fn refreshed_token(app: &TestApp, username: &str) -> String {
    let refresh = app.request("POST", "/refresh").bearer_auth(app.refresh_token_of(username).await);
    send(refresh).await.json()["access_token"].as_str().unwrap().to_owned()
}
