//! `POST /register`.

mod names;
mod roles;

use auth_service::config::Registration;
use serde_json::json;
use service_kit::testing::error;

use crate::support::{Database, PASSWORD, TestApp, and_admin, config_for};

on_both_databases!(
    a_new_user_gets_the_message_of_the_tutorial,
    unknown_members_are_ignored,
    while_registration_is_closed_only_admins_add_users,
    passwords_have_8_to_1024_bytes,
    passwords_are_compared_as_typed_except_for_the_composition_of_characters,
);

async fn a_new_user_gets_the_message_of_the_tutorial(database: Database) {
    let app = TestApp::spawn(database).await;

    let response = app.post("/register", &json!({ "username": "john", "password": "secret123", "role": "user" })).await;

    assert_eq!(response.status, 201);
    assert_eq!(response.json(), json!({ "message": "User registered successfully" }));
    assert_eq!(app.users().await[1], json!({ "id": 2, "username": "john", "role": "user" }));
}

async fn unknown_members_are_ignored(database: Database) {
    let app = TestApp::spawn(database).await;
    let registration = json!({ "username": "john", "password": PASSWORD, "is_admin": true, "id": 99, "uid": 99 });

    assert_eq!(app.post("/register", &registration).await.status, 201);

    assert_eq!(app.users().await[1], json!({ "id": 2, "username": "john", "role": "user" }));
}

async fn while_registration_is_closed_only_admins_add_users(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.registration = Registration::Closed;
    let app = TestApp::spawn_with(database, config).await;
    let (admin, form) = (app.token_of("admin").await, json!({ "username": "john", "password": PASSWORD }));

    let anonymous = app.register("john").await;
    let by_admin = app.post_as(&admin, "/register", &form).await;
    let (user, form) = (app.token_of("john").await, json!({ "username": "eve", "password": PASSWORD }));
    let by_user = app.post_as(&user, "/register", &form).await;

    assert_eq!(anonymous.error(), error(403, "forbidden", "Registration is closed"));
    assert_eq!(by_admin.status, 201);
    assert_eq!(by_user.code(), (403, "forbidden"));
}

async fn passwords_have_8_to_1024_bytes(database: Database) {
    let app = TestApp::spawn(database).await;

    for (password, is_good) in [
        (String::new(), false),
        ("x".repeat(7), false),
        ("eight by".to_owned(), true),
        ("x".repeat(1024), true),
        ("x".repeat(1025), false),
        // Four characters, eight bytes.
        ("äöüß".to_owned(), true),
        ("😀".repeat(256), true),
        ("😀".repeat(257), false),
    ] {
        let username = format!("user {} {}", password.len(), password.chars().count());
        let response = app.post("/register", &json!({ "username": username, "password": password })).await;

        if is_good {
            assert_eq!(response.status, 201, "{password}");
        } else {
            let expected = error(400, "invalid_request", "A password must have 8 to 1024 bytes");
            assert_eq!(response.error(), expected, "{password}");
        }
    }
}

async fn passwords_are_compared_as_typed_except_for_the_composition_of_characters(database: Database) {
    let app = TestApp::spawn(database).await;
    let password = "  pass\0wörd\u{200b} \n";
    app.post("/register", &json!({ "username": "john", "password": password })).await;

    for (typed, status) in
        [(password, 200), (password.trim(), 401), ("  pass\0wo\u{308}rd\u{200b} \n", 200), ("  pass\0wörd \n", 401)]
    {
        let response = app.post("/login", &json!({ "username": "john", "password": typed })).await;

        assert_eq!(response.status, status, "{typed:?}");
    }
}
