//! Guesses at one account's password.

use std::{io::Write, net::TcpStream};

use futures_util::future::{join, join_all};
use serde_json::json;
use service_kit::testing::{eventually, send};

use super::{admin_logs_in_from, config_behind_proxy, guess_from_everywhere, log_in_from};
use crate::{
    authorization,
    support::{Browser, Database, PASSWORD, TestApp},
};

on_both_databases!(
    parallel_guesses_from_many_addresses_at_two_nodes_get_ten_answers,
    an_unknown_name_is_limited_like_an_account,
    a_right_password_is_refused_like_a_wrong_one_while_no_guess_is_left,
    guesses_are_regained_with_time,
    right_logins_cost_nothing,
    forty_right_logins_at_the_same_time_all_succeed,
    right_logins_cost_nothing_after_many_failures,
    a_guess_counts_although_the_client_has_gone,
    failures_are_remembered_for_a_day,
    reauthentication_counts_as_a_guess,
    the_applications_of_one_browser_share_its_guesses,
    when_to_retry_tells_neither_names_nor_passwords,
);

async fn parallel_guesses_from_many_addresses_at_two_nodes_get_ten_answers(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let node = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    let (one, other) = join(guess_from_everywhere(&app, "admin", 60), guess_from_everywhere(&node, "admin", 60)).await;

    assert_eq!(one + other, 10);
}

async fn an_unknown_name_is_limited_like_an_account(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let node = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    let (one, other) =
        join(guess_from_everywhere(&app, "nobody", 30), guess_from_everywhere(&node, "NOBODY", 30)).await;
    let invalid = guess_from_everywhere(&app, "\u{0}", 30).await;

    assert_eq!((one + other, invalid), (10, 10));
    let known = log_in_from(&app, "203.0.113.1", "nobody", "a wrong password").await;
    guess_from_everywhere(&app, "admin", 30).await;
    let unknown = log_in_from(&app, "203.0.113.1", "admin", "a wrong password").await;
    assert_eq!(known.body, unknown.body);
}

async fn a_right_password_is_refused_like_a_wrong_one_while_no_guess_is_left(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    guess_from_everywhere(&app, "admin", 20).await;

    let right = admin_logs_in_from(&app, "203.0.113.1").await;
    let wrong = log_in_from(&app, "203.0.113.1", "admin", "a wrong password").await;

    assert_eq!(right.code(), (429, "too_many_requests"));
    assert_eq!(right.body, wrong.body);
}

async fn guesses_are_regained_with_time(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    guess_from_everywhere(&app, "admin", 20).await;
    // 20 per hour.
    database.execute("UPDATE guess_budgets SET full_at = full_at - 360");

    assert_eq!(guess_from_everywhere(&app, "admin", 20).await, 2);

    database.execute("UPDATE guess_budgets SET full_at = full_at - 1800, failures = 100");
    // From 100 failures in a day on, one each quarter of an hour.
    guess_from_everywhere(&app, "admin", 20).await;
    database.execute("UPDATE guess_budgets SET full_at = full_at - 900");
    assert_eq!(guess_from_everywhere(&app, "admin", 20).await, 1);
}

async fn right_logins_cost_nothing(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    for number in 0..40 {
        let response = admin_logs_in_from(&app, &format!("203.0.113.{number}")).await;
        assert_eq!(response.status, 200, "{response:?}");
    }

    assert_eq!(guess_from_everywhere(&app, "admin", 20).await, 10);
}

async fn forty_right_logins_at_the_same_time_all_succeed(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    let logins = (0..40).map(|number| {
        let app = &app;
        async move { admin_logs_in_from(app, &format!("203.0.113.{number}")).await.status }
    });

    assert_eq!(join_all(logins).await, [200; 40]);
}

async fn right_logins_cost_nothing_after_many_failures(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    guess_from_everywhere(&app, "admin", 1).await;
    database.execute("UPDATE guess_budgets SET full_at = 0, failures = 150");

    for number in 0..20 {
        assert_eq!(admin_logs_in_from(&app, &format!("203.0.113.{number}")).await.status, 200);
        database.execute("DELETE FROM sessions");
    }
}

async fn a_guess_counts_although_the_client_has_gone(database: Database) {
    let mut config = config_behind_proxy(&database);
    // Slow enough for the client to go first.
    config.passwords.memory_kib = 32 * 1024;
    let app = TestApp::spawn_with(database.clone(), config).await;

    let failures = "SELECT CAST(failures AS TEXT) AS text FROM guess_budgets";
    for count in 1..=5 {
        let form = json!({ "username": "admin", "password": "a wrong password" }).to_string();
        let mut client = TcpStream::connect(app.url().strip_prefix("http://").unwrap()).unwrap();
        let head = format!(
            "POST /login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.7\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        );
        client.write_all(head.as_bytes()).unwrap();
        // Once it is being evaluated.
        eventually(async || (database.rows(failures) == [count.to_string()]).then_some(())).await;
    }

    let counted =
        "SELECT CAST(COUNT(*) AS TEXT) AS text FROM audit_log WHERE action = 'log_in_failed' AND subject = 'admin'";
    eventually(async || (database.rows(counted) != ["0"]).then_some(())).await;
    // It was charged to the address too.
    for number in 0..25 {
        log_in_from(&app, "198.51.100.7", &format!("user{number}"), "a wrong password").await;
    }
    assert_eq!(log_in_from(&app, "198.51.100.7", "eve", "a wrong password").await.status, 429);
}

async fn failures_are_remembered_for_a_day(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    guess_from_everywhere(&app, "admin", 9).await;
    guess_from_everywhere(&app, "nobody", 9).await;
    database.execute("UPDATE guess_budgets SET full_at = full_at - 7200");
    database.execute("UPDATE guess_budgets SET since = 1 WHERE user_id < 0");
    app.stop().await;

    // It sweeps at its start.
    let _app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    let left = "SELECT CAST(failures AS TEXT) AS text FROM guess_budgets";
    eventually(async || (database.rows(left) == ["9"]).then_some(())).await;
}

async fn when_to_retry_tells_neither_names_nor_passwords(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    // With a known network, and failures of others.
    admin_logs_in_from(&app, "192.0.2.1").await;
    for name in ["admin", "nobody"] {
        guess_from_everywhere(&app, name, 12).await;
        let guesses = (0..12).map(|_| log_in_from(&app, "192.0.2.1", name, "a wrong password"));
        join_all(guesses).await;
    }
    database.execute("UPDATE guess_budgets SET full_at = full_at + 700, failures = 120 WHERE user_id = 1");

    for address in ["203.0.113.1", "192.0.2.1"] {
        for (name, password) in [("admin", PASSWORD), ("admin", "a wrong password"), ("nobody", PASSWORD)] {
            let response = log_in_from(&app, address, name, password).await;

            let limited = (response.status, response.header("retry-after"));
            assert_eq!(limited, (429, Some("180")), "{address} {name} {password}");
        }
    }
}

async fn the_applications_of_one_browser_share_its_guesses(database: Database) {
    let app = authorization::app(&database).await;
    let mut browser = Browser::new(&app);
    let own = [("client_id", "own"), ("redirect_uri", "https://own.example/callback")];
    let mut applications = Vec::new();
    for _ in 0..3 {
        let code = authorization::code(&mut browser, &authorization::request(&own)).await;
        let fields = [own[1], ("code_verifier", authorization::VERIFIER)];
        let tokens = authorization::exchange_as(&app, Some("own"), &code, &fields).await.json();
        applications.push(tokens["access_token"].as_str().unwrap().to_owned());
    }
    let (one, other, third) = (&applications[0], &applications[1], &applications[2]);
    let reauthenticate = async |token: &str, password: &str| {
        app.post_as(token, "/reauthenticate", &json!({ "password": password })).await.status
    };

    let mut answers = Vec::new();
    for number in 0..12 {
        let token = if number % 2 == 0 { one } else { other };
        answers.push(reauthenticate(token, "a wrong password").await);
    }

    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 10, "{answers:?}");
    let lanes = database.rows("SELECT lane AS text FROM guess_budgets WHERE lane LIKE 'session:%'");
    let browsers = database.rows("SELECT 'session:' || id AS text FROM sessions WHERE browser_id = id");
    assert_eq!(lanes, browsers);
    assert_eq!(reauthenticate(third, PASSWORD).await, 429);
    // A login of its own has guesses of its own.
    let direct = app.token_of("alice").await;
    assert_eq!(reauthenticate(&direct, PASSWORD).await, 200);
}

async fn reauthentication_counts_as_a_guess(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;
    let token = admin_logs_in_from(&app, "203.0.113.1").await.json()["access_token"].as_str().unwrap().to_owned();
    // A stolen token, used from elsewhere.
    let reauthenticate = async |password: &str| {
        let request = app.request("POST", "/reauthenticate").bearer_auth(&token);
        send(request.header("X-Forwarded-For", "198.51.100.9").json(&json!({ "password": password }))).await.status
    };

    let mut answers = Vec::new();
    for _ in 0..12 {
        answers.push(reauthenticate("a wrong password").await);
    }

    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 10, "{answers:?}");
    assert_eq!(reauthenticate(PASSWORD).await, 429);
}
