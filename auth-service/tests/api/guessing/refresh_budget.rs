//! How many access tokens one session brings.

use serde_json::json;
use service_kit::testing::{Response, send};

use crate::support::{Database, PASSWORD, TestApp, and_admin, config_for};

on_both_databases!(
    a_session_that_refreshes_too_often_waits_and_keeps_its_tokens,
    reauthentication_is_counted_with_refreshes,
    a_refused_refresh_uses_up_no_status_list_entry,
);

async fn a_session_that_refreshes_too_often_waits_and_keeps_its_tokens(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.limits.session_burst = 5;
    let app = TestApp::spawn_with(database.clone(), config).await;
    let first = app.refresh_token_of("admin").await;

    // A spent token whose successor is unused is accepted again.
    let retries = refresh_times(&app, &first, 3).await;
    let next = retries[0].json()["refresh_token"].as_str().unwrap().to_owned();
    let following = refresh_times(&app, &next, 4).await;

    let statuses: Vec<_> = retries.iter().chain(&following).map(|response| response.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
    let refused = &following[3];
    assert_eq!(refused.code(), (429, "too_many_requests"));
    let retry_after: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&retry_after), "{retry_after}");
    database.execute(&format!("UPDATE sessions SET tokens_full_at = tokens_full_at - {retry_after}"));
    assert_eq!(refresh(&app, &next).await.status, 200);
}

async fn reauthentication_is_counted_with_refreshes(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.limits.session_burst = 3;
    let app = TestApp::spawn_with(database.clone(), config).await;
    let token = app.token_of("admin").await;

    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(app.post_as(&token, "/reauthenticate", &json!({ "password": PASSWORD })).await.status);
    }

    assert_eq!(statuses, [200, 200, 200, 429]);
}

async fn a_refused_refresh_uses_up_no_status_list_entry(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let dead = app.refresh_token_of("admin").await;
    database.execute("UPDATE sessions SET revoked_at = 1");

    for response in refresh_times(&app, &dead, 600).await {
        assert_eq!(response.code(), (401, "token_revoked"));
    }

    let reserved = database.rows("SELECT CAST(SUM(lent) AS TEXT) AS text FROM status_lists");
    assert_eq!(reserved, ["256"], "one block");
}

async fn refresh_times(app: &TestApp, token: &str, times: usize) -> Vec<Response> {
    let mut responses = Vec::new();
    for _ in 0..times {
        responses.push(refresh(app, token).await);
    }
    responses
}

async fn refresh(app: &TestApp, token: &str) -> Response {
    send(app.request("POST", "/refresh").bearer_auth(token)).await
}
