//! Overload: more logins than can be hashed, and a database that another process has locked.

use actix_web::rt::spawn;
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};
use futures_util::future::join_all;
use serde_json::json;
use service_kit::testing::send;

use crate::support::{Database, PASSWORD, TestApp, config_for};

on_both_databases!(logins_beyond_the_hash_queue_are_rejected_immediately);

async fn logins_beyond_the_hash_queue_are_rejected_immediately(database: Database) {
    let mut config = config_for(&database);
    config.limits.enabled = false;
    config.passwords.threads = Some(1);
    config.passwords.queue = Some(1);
    config.passwords.memory_kib = 32 * 1024;
    let app = TestApp::spawn_with(database, config).await;
    app.register("john").await;
    let login = json!({ "username": "john", "password": PASSWORD });

    let responses = join_all((0..12).map(|_| app.post("/login", &login))).await;

    let (served, busy): (Vec<_>, Vec<_>) = responses.iter().partition(|response| response.status == 200);
    assert!(!served.is_empty() && !busy.is_empty(), "{responses:?}");
    for response in busy {
        assert_eq!(response.code(), (503, "busy"));
        assert_eq!(response.header("retry-after"), Some("1"));
    }
    assert_eq!(app.log_in("john").await.status, 200);
}

#[actix_web::test]
async fn a_database_locked_by_another_writer_is_reported_as_busy() {
    let database = Database::sqlite();
    let app = TestApp::spawn(database.clone()).await;
    let mut other = SqliteConnection::establish(database.file().to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();

    let meanwhile = app.register("john").await;
    other.batch_execute("ROLLBACK").unwrap();
    let afterwards = app.register("john").await;

    assert_eq!(meanwhile.code(), (503, "busy"));
    assert_eq!(afterwards.status, 201);
}

/// Requests hold all connections, and wait for a lock that another program holds.
#[actix_web::test]
async fn readiness_and_status_lists_do_not_wait_behind_requests() {
    let Some(database) = Database::postgres() else { return };
    let app = TestApp::spawn(database.clone()).await;
    let token = app.token_of("admin").await;
    let mut other = PgConnection::establish(database.url()).unwrap();
    other.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").unwrap();
    let requests: Vec<_> = (0..8).map(|_| spawn(send(app.request("GET", "/users").bearer_auth(&token)))).collect();
    // More than there are connections wait by now: the next one is refused.
    let refused = app.until_as(&token, "/users", 503).await;

    let (ready, list) = (app.get("/health/ready").await, app.get("/status-lists/1").await);

    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(refused.code(), (503, "busy"));
    assert_eq!((ready.status, list.status), (200, 200), "{ready:?}");
    join_all(requests).await;
}
