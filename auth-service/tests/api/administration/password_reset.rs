//! `POST /users/{username}/password-reset` and `POST /password-reset`.

use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::send;

use super::{reset_token, use_token};
use crate::support::{Database, PASSWORD, TestApp, and_admin, begin_session, config_for, status_of};

on_both_databases!(
    a_reset_token_sets_a_password_once,
    only_one_of_16_concurrent_uses_of_a_reset_token_succeeds,
    a_reset_token_expires_after_the_configured_time,
    only_the_newest_reset_token_is_valid,
    all_invalid_reset_tokens_get_the_same_response,
    an_invalid_password_does_not_consume_the_token,
);

async fn a_reset_token_sets_a_password_once(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    begin_session(&database, "john-1", 2);
    let admin = app.token_of("admin").await;

    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await;
    let token = offered.json()["reset_token"].as_str().unwrap().to_owned();
    let before = status_of(&database, "john-1");
    let used = use_token(&app, &token, "another horse").await;
    let again = use_token(&app, &token, "a third horse").await;

    assert_eq!((offered.status, offered.header("cache-control")), (200, Some("no-store")));
    assert_eq!((token.len(), &offered.json()["expires_in"]), (43, &json!(3600)));
    assert_eq!(before, "live 0");
    assert_eq!((used.status, &*used.body), (204, ""));
    assert_eq!(status_of(&database, "john-1"), "ended 1");
    assert_eq!(again.code(), (400, "invalid_reset_token"));
    for (password, status) in [(PASSWORD, 401), ("another horse", 200), ("a third horse", 401)] {
        let login = json!({ "username": "john", "password": password });
        assert_eq!(app.post("/login", &login).await.status, status, "{password}");
    }
}

async fn only_one_of_16_concurrent_uses_of_a_reset_token_succeeds(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("john").await;
    let token = reset_token(&app, &app.token_of("admin").await, "john").await;
    let passwords: Vec<_> = (0..16).map(|number| format!("password {number}")).collect();

    let responses = join_all(passwords.iter().map(|password| use_token(&app, &token, password))).await;

    let mut set = vec![];
    for (response, password) in responses.iter().zip(&passwords) {
        match response.status {
            204 => set.push(password),
            _ => assert_eq!(response.code(), (400, "invalid_reset_token")),
        }
    }
    assert_eq!(set.len(), 1);
    let login = json!({ "username": "john", "password": set[0] });
    assert_eq!(app.post("/login", &login).await.status, 200);
}

async fn a_reset_token_expires_after_the_configured_time(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.passwords.reset_ttl_secs = 600;
    let app = TestApp::spawn_with(database.clone(), config).await;
    app.register("john").await;
    let admin = app.token_of("admin").await;
    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await.json();
    let token = offered["reset_token"].as_str().unwrap();
    database.execute("UPDATE password_resets SET expires_at = expires_at - 600");

    let response = use_token(&app, token, "another horse").await;

    assert_eq!(offered["expires_in"], 600);
    assert_eq!(response.code(), (400, "invalid_reset_token"));
    assert_eq!(app.log_in("john").await.status, 200);
}

async fn only_the_newest_reset_token_is_valid(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for name in ["john", "eve"] {
        app.register(name).await;
    }
    let admin = app.token_of("admin").await;
    let first = reset_token(&app, &admin, "john").await;
    let of_eve = reset_token(&app, &admin, "eve").await;
    let second = reset_token(&app, &admin, "john").await;

    let [first, second, of_eve] = [&first, &second, &of_eve].map(|token| use_token(&app, token, "another horse"));

    assert_eq!(first.await.code(), (400, "invalid_reset_token"));
    assert_eq!((second.await.status, of_eve.await.status), (204, 204));
    assert_eq!(database.rows("SELECT token_hash AS text FROM password_resets"), Vec::<String>::new());
}

async fn all_invalid_reset_tokens_get_the_same_response(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let good = reset_token(&app, &app.token_of("admin").await, "john").await;
    let stored = database.rows("SELECT token_hash AS text FROM password_resets").remove(0);

    assert_ne!(good, stored);
    for token in ["", "x", "\0", "%00", &good[1..], &format!("{good}A"), &stored, &"x".repeat(20_000)] {
        let response = use_token(&app, token, "another horse").await;

        assert_eq!(response.code(), (400, "invalid_reset_token"), "{token}");
    }
    for body in [json!({ "token": good }), json!({ "token": 1, "password": "another horse" }), json!([])] {
        let response = app.post("/password-reset", &body).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{body}");
    }
    assert_eq!(app.get("/password-reset").await.status, 405);
    assert_eq!(use_token(&app, &good, "another horse").await.status, 204);
}

async fn an_invalid_password_does_not_consume_the_token(database: Database) {
    let app = TestApp::spawn(database).await;
    app.register("john").await;
    let token = reset_token(&app, &app.token_of("admin").await, "john").await;

    let too_short = use_token(&app, &token, "short").await;
    let good = use_token(&app, &token, "another horse").await;

    assert_eq!(too_short.code(), (400, "invalid_request"));
    assert_eq!(good.status, 204);
}
