//! A PostgreSQL server that waits for a synchronous standby which does not exist.

use crate::support::{MASTER_KEY, OwnPostgres, TestApp, config_for};
use shared::Secret;

#[actix_web::test]
async fn a_missing_synchronous_standby_ends_changes_and_readiness_although_reads_work() {
    let Some(server) = OwnPostgres::start() else { return };
    let database = server.database();
    database.execute("ALTER DATABASE postgres SET synchronous_commit = on");
    let mut config = config_for(&database);
    config.master_key = Some(Secret::new(MASTER_KEY.to_owned()));
    let app = TestApp::spawn_with(database, config).await;
    app.until("/health/ready", 200).await;

    server.set("synchronous_standby_names", "nobody");
    let registered = app.register("john").await;
    let ready = app.get("/health/ready").await;
    let list = app.get("/status-lists/1").await;
    server.set("synchronous_standby_names", "");
    let ready_again = app.until("/health/ready", 200).await;

    assert_eq!(registered.code(), (503, "database_unavailable"));
    assert!(registered.error().2.contains("may still"), "{registered:?}");
    assert_eq!(ready.code(), (503, "database_unavailable"));
    assert_eq!((list.status, ready_again.status), (200, 200));
}
