//! The sample users and the first admin.

use auth_service::Config;
use serde_json::json;
use shared::Secret;

use super::{start_error, usernames};
use crate::support::{Database, PASSWORD, TestApp, config_for};

on_both_databases!(
    the_sample_users_are_those_of_the_tutorial,
    no_user_is_created_unless_asked_for,
    sample_users_are_created_only_in_an_empty_database,
    the_first_admin_is_created_once,
    a_first_admin_can_be_combined_with_sample_users,
    a_first_admin_without_a_valid_password_is_rejected,
    a_first_admin_without_a_valid_name_is_rejected,
    a_first_admin_with_the_name_of_a_user_is_rejected,
);

async fn the_sample_users_are_those_of_the_tutorial(database: Database) {
    let mut config = config_for(&database);
    config.sample_users = true;
    let app = TestApp::spawn_with(database, config).await;

    let admin = app.post("/login", &json!({ "username": "admin", "password": "admin123" })).await.json();

    for (username, password) in [("user_01", "1234"), ("user_02", "5678")] {
        assert_eq!(app.post("/login", &json!({ "username": username, "password": password })).await.status, 200);
    }
    let expected = json!({ "users": [
        { "id": 1, "username": "admin", "role": "admin" },
        { "id": 2, "username": "user_01", "role": "user" },
        { "id": 3, "username": "user_02", "role": "user" },
    ] });
    assert_eq!(app.get_as(admin["access_token"].as_str().unwrap(), "/users").await.json(), expected);
}

async fn no_user_is_created_unless_asked_for(database: Database) {
    let _app = TestApp::spawn_with(database.clone(), config_for(&database)).await;

    assert_eq!(usernames(&database), [""; 0]);
}

async fn sample_users_are_created_only_in_an_empty_database(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    app.register("john").await;
    app.stop().await;
    let mut config = config_for(&database);
    config.sample_users = true;

    let _app = TestApp::spawn_with(database.clone(), config).await;

    assert_eq!(usernames(&database), ["john"]);
}

async fn the_first_admin_is_created_once(database: Database) {
    TestApp::spawn(database.clone()).await.stop().await;
    let mut config = with_admin(&database, "another", "another password");
    config.sample_users = true;

    let app = TestApp::spawn_with(database.clone(), config).await;

    assert_eq!(usernames(&database), ["admin"]);
    assert_eq!(app.log_in("admin").await.status, 200);
}

async fn a_first_admin_can_be_combined_with_sample_users(database: Database) {
    let mut config = with_admin(&database, "root", PASSWORD);
    config.sample_users = true;

    let _app = TestApp::spawn_with(database.clone(), config).await;

    // One of the samples is an admin.
    assert_eq!(usernames(&database), ["admin", "user_01", "user_02"]);
}

async fn a_first_admin_without_a_valid_password_is_rejected(database: Database) {
    for password in ["", "seven 7"] {
        let message = start_error(with_admin(&database, "root", password)).await;

        assert_eq!(message, "AUTH__ADMIN__PASSWORD: A password must have 8 to 1024 bytes\n  Set a longer one.");
    }
    assert_eq!(usernames(&database), [""; 0]);
}

async fn a_first_admin_without_a_valid_name_is_rejected(database: Database) {
    let message = start_error(with_admin(&database, " root", PASSWORD)).await;

    assert!(message.starts_with("AUTH__ADMIN__USERNAME: A username must have 1 to 80 characters"), "{message}");
}

async fn a_first_admin_with_the_name_of_a_user_is_rejected(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    app.register("Root").await;
    app.stop().await;

    let message = start_error(with_admin(&database, "root", PASSWORD)).await;

    assert!(message.contains("A user with the admin's name may exist already"), "{message}");
    assert_eq!(database.rows("SELECT role AS text FROM users"), ["user"]);
}

fn with_admin(database: &Database, username: &str, password: &str) -> Config {
    let mut config = config_for(database);
    config.admin.username = Some(username.to_owned());
    config.admin.password = Some(Secret::new(password.to_owned()));
    config
}
