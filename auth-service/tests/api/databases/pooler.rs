//! A connection pooler in transaction mode in front of PostgreSQL.

use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::send;
use shared::Secret;

use crate::support::{Database, PASSWORD, PgBouncer, TestApp, config_for};

#[actix_web::test]
async fn logins_and_refreshes_succeed_behind_a_pooler_in_transaction_mode() {
    let Some(database) = Database::postgres() else { return };
    let Some(pooler) = PgBouncer::start(&database) else { return };
    let mut config = config_for(&database);
    config.database.url = Secret::new(pooler.url(&database));
    config.database.connections = 16;
    config.limits.enabled = false;
    config.passwords.queue = Some(1000);
    let app = TestApp::spawn_with(database, config).await;
    for name in ["ann", "ben", "cem", "dana", "eve"] {
        assert_eq!(app.register(name).await.status, 201);
    }
    let logins: Vec<_> = ["ann", "ben", "cem", "dana", "eve"]
        .iter()
        .cycle()
        .take(150)
        .map(|name| json!({ "username": name, "password": PASSWORD }))
        .collect();

    let logged_in = join_all(logins.iter().map(|login| app.post("/login", login))).await;
    let failed: Vec<_> = logged_in.iter().filter(|response| response.status != 200).collect();
    assert!(failed.is_empty(), "{} of 150 logins: {:?}", failed.len(), failed[0]);
    let refreshed = join_all(logged_in.iter().map(|response| {
        let tokens = response.json();
        send(app.request("POST", "/refresh").bearer_auth(tokens["refresh_token"].as_str().unwrap()))
    }))
    .await;

    let failed: Vec<_> = refreshed.iter().filter(|response| response.status != 200).collect();
    assert!(failed.is_empty(), "{} of 150 refreshes: {:?}", failed.len(), failed[0]);
}
