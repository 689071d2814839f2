//! Overload: more logins than can be hashed, and a database that another process has locked.

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Database, PASSWORD, TestApp, config_for};

on_both_databases!(logins_beyond_the_hash_queue_are_rejected_immediately);

async fn logins_beyond_the_hash_queue_are_rejected_immediately(database: Database) {
    let mut config = config_for(&database);
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
