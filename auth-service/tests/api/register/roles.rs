//! Who may assign which role.

use serde_json::json;
use service_kit::testing::error;
use shared::{
    UnixTime,
    testing::{claims, mint},
};

use crate::support::{Database, PASSWORD, TestApp};

on_both_databases!(
    anyone_may_request_the_role_user,
    an_anonymous_caller_may_not_assign_a_role,
    a_user_may_not_assign_a_role,
    an_admin_may_assign_any_role,
    an_expired_token_grants_no_role,
    a_forged_token_grants_no_role,
    an_invalid_token_does_not_prevent_a_plain_registration,
    an_invalid_role_is_rejected,
);

async fn anyone_may_request_the_role_user(database: Database) {
    let app = TestApp::spawn(database).await;

    for role in [json!("user"), json!(null)] {
        let registration = json!({ "username": format!("john {role}"), "password": PASSWORD, "role": role });

        assert_eq!(app.post("/register", &registration).await.status, 201, "{role}");
    }
}

async fn an_anonymous_caller_may_not_assign_a_role(database: Database) {
    let app = TestApp::spawn(database).await;

    for role in ["admin", "editor"] {
        let registration = json!({ "username": "eve", "password": PASSWORD, "role": role });
        let response = app.post("/register", &registration).await;

        assert_eq!(response.error(), error(403, "forbidden", "Admin access required"));
        let challenge = response.header("www-authenticate").unwrap();
        assert!(challenge.starts_with(r#"Bearer error="insufficient_scope""#), "{challenge}");
    }
    assert_eq!(app.users().await.as_array().unwrap().len(), 1);
}

async fn a_user_may_not_assign_a_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of_new("john").await;
    let registration = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });

    let response = app.post_as(&token, "/register", &registration).await;

    assert_eq!(response.error(), error(403, "forbidden", "Admin access required"));
}

async fn an_admin_may_assign_any_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for (username, role) in [("second", "admin"), ("third", "editor"), ("fourth", "user")] {
        let registration = json!({ "username": username, "password": PASSWORD, "role": role });
        assert_eq!(app.post_as(&token, "/register", &registration).await.status, 201);
    }

    let second = app.token_of("second").await;
    assert_eq!(app.get_as(&second, "/me").await.json(), json!({ "id": 2, "username": "second", "role": "admin" }));
    let users = app.get_as(&second, "/users").await.json();
    assert_eq!(users["users"][2], json!({ "id": 3, "username": "third", "role": "editor" }));
}

async fn an_expired_token_grants_no_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let mut expired = claims("admin", "admin");
    expired.exp = UnixTime::now();
    let registration = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });

    let response = app.post_as(&app.mint(&expired).await, "/register", &registration).await;

    assert_eq!(response.error(), error(401, "token_expired", "Token has expired"));
}

async fn a_forged_token_grants_no_role(database: Database) {
    let app = TestApp::spawn(database).await;
    let registration = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });
    let unknown_kid = mint(&claims("admin", "admin"));
    let token = app.token_of("admin").await;
    let cut_off = &token[..token.len() - 4];

    for forged in [&unknown_kid, cut_off, "x.y.z", "x"] {
        let response = app.post_as(forged, "/register", &registration).await;

        assert_eq!(response.error(), error(401, "invalid_token", "Invalid token"), "{forged}");
        let challenge = response.header("www-authenticate").unwrap();
        assert!(challenge.starts_with(r#"Bearer error="invalid_token""#), "{challenge}");
    }
    assert_eq!(app.users().await.as_array().unwrap().len(), 1);
}

async fn an_invalid_token_does_not_prevent_a_plain_registration(database: Database) {
    let app = TestApp::spawn(database).await;
    let registration = json!({ "username": "john", "password": PASSWORD });

    assert_eq!(app.post_as("x.y.z", "/register", &registration).await.status, 201);
}

async fn an_invalid_role_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let token = app.token_of("admin").await;

    for role in ["", "Admin", "ADMIN ", "1", "super user", "administratorofeverything", "admin\0", "ädmin"] {
        let registration = json!({ "username": "eve", "password": PASSWORD, "role": role });
        let response = app.post_as(&token, "/register", &registration).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{role:?}");
    }
}
