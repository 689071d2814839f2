//! What strangers can have written into the database.

use futures_util::future::join_all;
use service_kit::testing::{Api, Program, send};

use super::{config_behind_proxy, log_in_from};
use crate::support::{Database, MASTER_KEY, PASSWORD, PROGRAM, TestApp, insert_client};

on_both_databases!(
    a_flood_of_refusals_writes_few_lines,
    a_name_that_no_user_has_is_not_in_the_audit_log,
    refusals_are_written_at_shutdown,
);

async fn a_flood_of_refusals_writes_few_lines(database: Database) {
    let mut config = config_behind_proxy(&database);
    config.limits.enabled = false;
    let app = TestApp::spawn_with(database.clone(), config).await;

    let flood = (0..300).map(|number| {
        let request =
            app.request("POST", "/oauth/token").header("X-Forwarded-For", format!("198.51.100.{}", number % 250));
        let request = request.basic_auth(format!("c{number}@clients"), Some("wrong"));
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        send(request.body("grant_type=client_credentials"))
    });
    let responses = join_all(flood).await;

    assert!(responses.iter().all(|response| response.status == 401));
    let lines = database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM audit_log WHERE action = 'client_refused'");
    let lines: usize = lines[0].parse().unwrap();
    // Ten at once, then 30 per minute.
    assert!((1..=40).contains(&lines), "{lines}");
}

async fn a_name_that_no_user_has_is_not_in_the_audit_log(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_behind_proxy(&database)).await;

    log_in_from(&app, "203.0.113.1", "hunter2-my-password", "admin").await;
    log_in_from(&app, "203.0.113.1", "ADMIN", "a wrong password").await;

    let columns = "COALESCE(subject, '?') || ' ' || address || ' ' || detail";
    let lines = format!("SELECT {columns} AS text FROM audit_log WHERE action = 'log_in_failed' ORDER BY id");
    let wrong = "203.0.113.1 wrong username or password";
    assert_eq!(database.rows(&lines), [format!("? {wrong}"), format!("admin {wrong}")]);
}

async fn refusals_are_written_at_shutdown(database: Database) {
    let variables = [
        ("AUTH__DATABASE__URL", database.url()),
        ("AUTH__MASTER_KEY", MASTER_KEY),
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__TRUSTED_PROXIES", "127.0.0.1"),
        ("AUTH__PASSWORDS__MEMORY_KIB", "64"),
        ("AUTH__ADMIN__USERNAME", "admin"),
        ("AUTH__ADMIN__PASSWORD", PASSWORD),
    ];
    let mut program = Program::start(PROGRAM, &[], &variables);
    let api = Api::at(program.url());
    // More kinds of refusals than lines are written at once.
    let clients: Vec<_> = (0..20).map(|number| format!("c{number}@clients")).collect();
    for id in &clients {
        insert_client(&database, id, "");
    }
    for (number, id) in clients.iter().enumerate() {
        let request = api.request("POST", "/oauth/token").header("X-Forwarded-For", format!("198.51.100.{number}"));
        let request = request.basic_auth(id, Some("wrong"));
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        assert_eq!(send(request.body("grant_type=client_credentials")).await.status, 401);
    }

    program.signal("TERM");
    let ended = program.end();

    assert_eq!(ended.code, Some(0), "{ended:?}");
    let subjects = "SELECT DISTINCT subject AS text FROM audit_log WHERE action = 'client_refused'";
    assert_eq!(database.rows(subjects).len(), 20);
}
