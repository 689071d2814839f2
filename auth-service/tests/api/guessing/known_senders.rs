//! Users who come back are not kept out by strangers who guess.

use futures_util::future::join_all;
use serde_json::{Value, json};
use service_kit::testing::{Response, eventually, send};
use shared::UnixTime;

use super::{admin_logs_in_from, config_behind_proxy, guess_from_everywhere, log_in_from, log_in_with};
use crate::{
    administration::{reset_token, use_token},
    support::{Database, PASSWORD, TestApp},
};

const NEW: &str = "another horse";

on_both_databases!(
    a_device_of_another_user_admits_no_guess_past_the_limit_of_the_address,
    a_device_on_which_the_user_has_logged_in_is_not_counted_with_strangers,
    a_network_with_a_live_session_is_not_counted_with_strangers,
    a_device_of_another_user_is_a_stranger,
    a_device_that_fails_often_is_a_stranger_until_the_right_password_comes_from_elsewhere,
    a_known_device_is_not_kept_out_by_its_address,
    right_logins_on_a_device_in_parallel_cost_nothing,
    a_user_who_is_logged_in_confirms_the_password_while_strangers_guess,
    a_login_returns_a_token_for_the_same_device,
    a_token_that_is_no_device_token_is_ignored,
    a_device_of_before_a_change_of_the_password_is_a_stranger,
    a_device_of_before_a_reset_of_the_password_is_a_stranger,
);

async fn a_device_on_which_the_user_has_logged_in_is_not_counted_with_strangers(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let device = device_token(&admin_logs_in_from(&app, "203.0.113.1").await);
    database.execute("DELETE FROM sessions");
    guess_from_everywhere(&app, "admin", 20).await;

    let stranger = admin_logs_in_from(&app, "203.0.113.2").await;
    let owner = log_in_on(&app, &device, "203.0.113.2", PASSWORD).await;

    assert_eq!((stranger.status, owner.status), (429, 200));
}

async fn a_network_with_a_live_session_is_not_counted_with_strangers(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    admin_logs_in_from(&app, "2001:db8:1:2::1").await;
    guess_from_everywhere(&app, "admin", 20).await;

    assert_eq!(admin_logs_in_from(&app, "2001:db8:1:2::2").await.status, 200);
    assert_eq!(admin_logs_in_from(&app, "2001:db8:1:3::1").await.status, 429);
    database.execute("UPDATE sessions SET revoked_at = 1");
    assert_eq!(admin_logs_in_from(&app, "2001:db8:1:2::2").await.status, 429);
}

async fn a_device_of_another_user_is_a_stranger(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    app.register("john").await;
    let device = device_token(&log_in_from(&app, "203.0.113.1", "john", PASSWORD).await);
    guess_from_everywhere(&app, "admin", 20).await;

    assert_eq!(log_in_on(&app, &device, "203.0.113.2", PASSWORD).await.status, 429);
}

async fn a_device_that_fails_often_is_a_stranger_until_the_right_password_comes_from_elsewhere(database: Database) {
    let mut config = config_behind_proxy(&database);
    config.limits.known_burst = 1000;
    let app = TestApp::spawn_with(database.clone(), config).await;
    let device = device_token(&admin_logs_in_from(&app, "203.0.113.1").await);
    database.execute("DELETE FROM sessions");

    for number in 0..50 {
        let address = format!("203.0.113.{number}");
        assert_eq!(log_in_on(&app, &device, &address, "a wrong password").await.status, 401);
    }

    guess_from_everywhere(&app, "admin", 20).await;
    assert_eq!(log_in_on(&app, &device, "203.0.113.99", PASSWORD).await.status, 429);
}

async fn a_known_device_is_not_kept_out_by_its_address(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    app.register("john").await;
    let device = device_token(&admin_logs_in_from(&app, "203.0.113.1").await);
    let of_john = device_token(&log_in_from(&app, "203.0.113.2", "john", PASSWORD).await);
    for number in 0..40 {
        log_in_from(&app, "198.51.100.7", &format!("user{number}"), "a wrong password").await;
    }

    assert_eq!(admin_logs_in_from(&app, "198.51.100.7").await.status, 429);
    assert_eq!(log_in_on(&app, &device, "198.51.100.7", PASSWORD).await.status, 200);
    // Another user's device token is no way around the limit.
    assert_eq!(log_in_on(&app, &of_john, "198.51.100.7", PASSWORD).await.status, 429);
}

async fn right_logins_on_a_device_in_parallel_cost_nothing(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let device = device_token(&admin_logs_in_from(&app, "203.0.113.1").await);

    let logins = (0..30).map(|_| log_in_on(&app, &device, "203.0.113.1", PASSWORD));
    let statuses: Vec<_> = join_all(logins).await.iter().map(|response| response.status).collect();

    assert_eq!(statuses, [200; 30]);
    let late = "SELECT CAST(full_at AS TEXT) AS text FROM guess_budgets WHERE lane LIKE 'device:%' AND full_at > ";
    let late = format!("{late}{}", UnixTime::now().seconds() + 30);
    eventually(async || database.rows(&late).is_empty().then_some(())).await;
}

async fn a_user_who_is_logged_in_confirms_the_password_while_strangers_guess(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let token = admin_logs_in_from(&app, "203.0.113.1").await.json()["access_token"].as_str().unwrap().to_owned();
    guess_from_everywhere(&app, "admin", 20).await;

    let request = app.request("POST", "/reauthenticate").bearer_auth(&token).header("X-Forwarded-For", "192.0.2.1");
    assert_eq!(send(request.json(&json!({ "password": PASSWORD }))).await.status, 200);
}

async fn a_login_returns_a_token_for_the_same_device(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let first = device_token(&admin_logs_in_from(&app, "203.0.113.1").await);

    let again = device_token(&log_in_on(&app, &first, "203.0.113.1", PASSWORD).await);
    let elsewhere = device_token(&admin_logs_in_from(&app, "203.0.113.1").await);

    // User and device: the time and the tag follow.
    let id = |token: &str| token[..36].to_owned();
    assert_eq!(id(&again), id(&first));
    assert_ne!(id(&elsewhere), id(&first));
}

async fn a_token_that_is_no_device_token_is_ignored(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    for token in ["", "dt1.", "dt1.AAAA", &"x".repeat(10_000)] {
        assert_eq!(log_in_on(&app, token, "203.0.113.1", PASSWORD).await.status, 200);
    }
    let form = json!({ "username": "admin", "password": PASSWORD, "device_token": null });
    assert_eq!(log_in_with(&app, "203.0.113.1", &form).await.status, 200);
}

async fn a_device_of_before_a_change_of_the_password_is_a_stranger(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    // Somebody else knew the password.
    let stolen = device_token(&admin_logs_in_from(&app, "198.51.100.1").await);
    let token = admin_logs_in_from(&app, "203.0.113.1").await.json()["access_token"].as_str().unwrap().to_owned();

    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    let changed = send(app.request("PUT", "/me/password").bearer_auth(&token).json(&change)).await;

    assert_eq!(changed.status, 200, "{changed:?}");
    database.execute("DELETE FROM sessions");
    guess_from_everywhere(&app, "admin", 20).await;
    assert_eq!(log_in_on(&app, &stolen, "198.51.100.1", NEW).await.status, 429);
    let own = log_in_on(&app, &device_token(&changed), "198.51.100.1", NEW).await;
    assert_eq!(own.status, 200);
    assert_eq!(log_in_on(&app, &device_token(&own), "198.51.100.2", NEW).await.status, 200);
}

async fn a_device_of_before_a_reset_of_the_password_is_a_stranger(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let login = admin_logs_in_from(&app, "198.51.100.1").await;
    let token = login.json()["access_token"].as_str().unwrap().to_owned();
    let reset = reset_token(&app, &token, "admin").await;

    assert_eq!(use_token(&app, &reset, NEW).await.status, 204);

    guess_from_everywhere(&app, "admin", 20).await;
    assert_eq!(log_in_on(&app, &device_token(&login), "198.51.100.1", NEW).await.status, 429);
}

/// A request that is refused takes no guess, and writes nothing.
async fn a_device_of_another_user_admits_no_guess_past_the_limit_of_the_address(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    app.register("john").await;
    let of_john = device_token(&log_in_from(&app, "203.0.113.2", "john", PASSWORD).await);
    for number in 0..40 {
        log_in_from(&app, "198.51.100.7", &format!("user{number}"), "a wrong password").await;
    }
    let budgets = || database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM guess_budgets");
    let before = budgets();

    for number in 0..20 {
        let form = json!({ "username": format!("name{number}"), "password": "wrong", "device_token": of_john });
        assert_eq!(log_in_with(&app, "198.51.100.7", &form).await.status, 429);
    }

    assert_eq!(budgets(), before);
}

async fn log_in_on(app: &TestApp, device: &str, address: &str, password: &str) -> Response {
    log_in_with(app, address, &json!({ "username": "admin", "password": password, "device_token": device })).await
}

fn device_token(login: &Response) -> String {
    let token: Value = login.json()["device_token"].take();
    token.as_str().unwrap().to_owned()
}
