//! An application whose own sessions have ended is informed of a logout all the same: its users may still be logged in there.

use serde_json::json;
use service_kit::testing::{eventually, send};

use super::{Receiver, app, log_in, sids, until_waiting};
use crate::{
    authorization::{request, tokens},
    support::{Browser, Database, TestApp, and_admin, config_for, form, form_of, payload_of},
};

on_both_databases!(
    row_60_an_application_hears_of_a_logout_long_after_its_session_was_idle,
    row_60_an_application_hears_of_the_end_of_a_user_after_it_revoked_its_token,
    row_60_a_restored_database_reports_the_sessions_that_it_ends,
    an_application_that_changes_a_password_keeps_its_session,
    of_sessions_that_are_over_one_is_kept_for_each_application,
);

/// Another node, which sweeps at its start.
async fn sweep(database: &Database) -> TestApp {
    database.execute(
        "INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, rotated_at, \
         idle_ends_at, ends_at) VALUES ('00000000-0000-0000-0000-000000000001', 1, '', '', 0, 0, 0, 1, 0, 1, 1)",
    );
    let mut config = and_admin(config_for(database));
    config.backchannel.private_addresses = true;
    let node = TestApp::spawn_with(database.clone(), config).await;
    let swept = "SELECT id AS text FROM sessions WHERE id = '00000000-0000-0000-0000-000000000001'";
    eventually(async || database.rows(swept).is_empty().then_some(())).await;
    node
}

/// How many sessions `shop` has, over or not.
fn sessions_of_shop(database: &Database) -> usize {
    database.rows("SELECT id AS text FROM sessions WHERE client_id = 'shop'").len()
}

async fn row_60_an_application_hears_of_a_logout_long_after_its_session_was_idle(database: Database) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    let mut browser = Browser::new(&app);
    let id_token = payload_of(tokens(&app, &mut browser, "openid").await["id_token"].as_str().unwrap());

    database.execute("UPDATE sessions SET idle_ends_at = 1, created_at = 1 WHERE client_id = 'shop'");
    let _node = sweep(&database).await;
    let page = browser.open("/oauth/logout").await;
    assert_eq!(form_of(&page).action, "/oauth/logout/confirm", "{page:?}");
    browser.submit(&page, &[("decision", "allow")]).await;
    eventually(async || receiver.received().pop()).await;
    until_waiting(&database, &[]).await;

    assert_eq!(sids(&receiver.received()), [id_token["sid"].as_str().unwrap()]);
}

async fn row_60_an_application_hears_of_the_end_of_a_user_after_it_revoked_its_token(database: Database) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    let shop = tokens(&app, &mut Browser::new(&app), "openid offline_access").await;
    let id_token = payload_of(shop["id_token"].as_str().unwrap());

    let revoked = format!("token={}", shop["refresh_token"].as_str().unwrap());
    assert_eq!(form(&app, "/oauth/revoke", Some("shop"), &revoked).await.status, 200);
    database.execute("UPDATE sessions SET revoked_at = 1 WHERE client_id = 'shop'");
    let _node = sweep(&database).await;
    let admin = app.token_of("admin").await;
    assert_eq!(send(app.request("DELETE", "/users/alice").bearer_auth(admin)).await.status, 204);
    eventually(async || receiver.received().pop()).await;
    until_waiting(&database, &[]).await;

    assert_eq!(sids(&receiver.received()), [id_token["sid"].as_str().unwrap()]);
}

async fn row_60_a_restored_database_reports_the_sessions_that_it_ends(database: Database) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    let (one, other) = (log_in(&app).await, log_in(&app).await);
    app.log_in("alice").await;
    app.stop().await;

    let rehearsed = crate::commands::done(&database, &["restore-check", "--json", "--dry-run"]);
    assert_eq!(database.rows("SELECT id AS text FROM logout_notices"), [""; 0]);
    let report = crate::commands::done(&database, &["restore-check", "--json"]);
    for report in [rehearsed, report] {
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!((&report["sessions_ended"], &report["logout_notices"]), (&json!(5), &json!(2)), "{report}");
    }
    let _node = sweep(&database).await;
    eventually(async || (receiver.received().len() == 2).then_some(())).await;

    let mut expected = [one, other].map(|it| payload_of(it["id_token"].as_str().unwrap())["sid"].clone());
    expected.sort_unstable_by_key(ToString::to_string);
    assert_eq!(sids(&receiver.received()), expected);
}

async fn an_application_that_changes_a_password_keeps_its_session(database: Database) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    database.execute("UPDATE clients SET first_party = 1");
    let mut browser = Browser::new(&app);
    tokens(&app, &mut browser, "openid").await;
    let shop = tokens(&app, &mut browser, "openid").await;
    let elsewhere = payload_of(log_in(&app).await["id_token"].as_str().unwrap());

    let token = shop["access_token"].as_str().unwrap();
    let reauthenticated = app.post_as(token, "/reauthenticate", &json!({ "password": crate::support::PASSWORD })).await;
    let token = reauthenticated.json()["access_token"].as_str().unwrap().to_owned();
    let body = json!({ "current_password": crate::support::PASSWORD, "new_password": "another battery staple" });
    let changed = send(app.request("PUT", "/me/password").bearer_auth(&token).json(&body)).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    eventually(async || receiver.received().pop()).await;
    until_waiting(&database, &[]).await;

    assert_eq!(sids(&receiver.received()), [elsewhere["sid"].as_str().unwrap()]);
}

async fn of_sessions_that_are_over_one_is_kept_for_each_application(database: Database) {
    let receiver = Receiver::start();
    let app = app(&database, &receiver.uri("127.0.0.1")).await;
    let mut browser = Browser::new(&app);
    for _ in 0..3 {
        tokens(&app, &mut browser, "openid").await;
    }
    assert!(browser.open(&request(&[])).await.status == 303);
    database.execute("UPDATE sessions SET idle_ends_at = 1 WHERE client_id = 'shop'");

    let _first = sweep(&database).await;
    assert_eq!(sessions_of_shop(&database), 1);
    // The browser's own end is no logout, and nothing is left of it.
    database.execute("UPDATE sessions SET idle_ends_at = 1 WHERE browser_id = id");
    let _second = sweep(&database).await;
    eventually(async || (sessions_of_shop(&database) == 0).then_some(())).await;

    // An application that expects no logout tokens needs none.
    let mut browser = Browser::new(&app);
    tokens(&app, &mut browser, "openid").await;
    database.execute("UPDATE clients SET backchannel_logout_uri = NULL");
    database.execute("UPDATE sessions SET idle_ends_at = 1 WHERE client_id = 'shop'");
    let _third = sweep(&database).await;
    assert_eq!(sessions_of_shop(&database), 0);
}
