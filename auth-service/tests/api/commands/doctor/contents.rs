//! What it finds in either database.

use super::{NEW_MASTER_KEY, doctor, done, init, report, run, run_with};
use crate::support::Database;

on_both_databases!(
    a_database_without_a_schema_is_an_error,
    a_missing_migration_is_an_error,
    a_wrong_master_key_is_an_error,
    sample_users_are_a_warning_while_they_can_log_in_with_public_passwords,
    an_application_at_a_private_address_is_a_warning_unless_that_is_allowed,
    the_text_has_a_line_per_check_and_one_per_remedy,
);

async fn a_database_without_a_schema_is_an_error(database: Database) {
    done(&database, &["migrate"]);
    for table in database.rows(if database.is_postgres() {
        "SELECT tablename::text AS text FROM pg_tables WHERE schemaname = 'public'"
    } else {
        "SELECT name AS text FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    }) {
        database.execute(&format!("DROP TABLE {table}"));
    }

    let report = doctor(&database, 1);

    assert_eq!(report.status("migrations"), "error", "{report:?}");
    assert!(!report.checks.contains_key("keys"), "{report:?}");
    let tables = if database.is_postgres() { "pg_tables WHERE schemaname = 'public'" } else { "sqlite_master" };
    assert_eq!(database.rows(&format!("SELECT CAST(count(*) AS TEXT) AS text FROM {tables}")), ["0"]);
}

async fn an_application_at_a_private_address_is_a_warning_unless_that_is_allowed(database: Database) {
    init(&database);
    let insert = "INSERT INTO clients (id, secret_hash, scopes, created_at, kind, backchannel_logout_uri) VALUES";
    database.execute(&format!("{insert} ('shop', 'x', '', 1, 'web', 'https://shop.example.com/logout')"));
    assert!(!doctor(&database, 0).checks.contains_key("back-channel logout"));
    database.execute(&format!("{insert} ('near', 'x', '', 1, 'web', 'https://10.0.0.1/logout')"));

    let refused = doctor(&database, 0);
    let allowed = report(&database, &[("AUTH__BACKCHANNEL__PRIVATE_ADDRESSES", "true")], 0);

    assert_eq!(refused.status("back-channel logout"), "warning", "{refused:?}");
    let detail = refused.detail("back-channel logout");
    assert!(detail.contains("near") && !detail.contains("shop"), "{detail}");
    assert!(!allowed.checks.contains_key("back-channel logout"), "{allowed:?}");
}

async fn a_missing_migration_is_an_error(database: Database) {
    init(&database);
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version LIKE '20261124000001%'");

    let report = doctor(&database, 1);

    assert_eq!(report.status("migrations"), "error", "{report:?}");
    assert!(report.detail("migrations").contains("2026-11-24-000001_sessions"), "{report:?}");
    let left = "SELECT version AS text FROM __diesel_schema_migrations WHERE version LIKE '20261124000001%'";
    assert_eq!(database.rows(left), [""; 0]);
}

async fn a_wrong_master_key_is_an_error(database: Database) {
    let kid = init(&database);

    let wrong = report(&database, &[("AUTH__MASTER_KEY", NEW_MASTER_KEY)], 1);
    let malformed = report(&database, &[("AUTH__MASTER_KEY", "c2hvcnQ=")], 1);
    let missing = report(&database, &[("AUTH__MASTER_KEY", "")], 1);

    for report in [&wrong, &malformed, &missing] {
        assert_eq!(report.status("keys"), "error", "{report:?}");
        assert!(report.checks["keys"]["remedy"].is_string(), "{report:?}");
    }
    assert!(wrong.detail("keys").contains(&kid), "{wrong:?}");
    if !database.is_postgres() {
        assert!(!database.file().with_file_name("master.key").exists());
    }
}

async fn sample_users_are_a_warning_while_they_can_log_in_with_public_passwords(database: Database) {
    run_with(&database, &[("AUTH__SAMPLE_USERS", "true")], &["init"]);

    let all = doctor(&database, 0);
    done(&database, &["users", "disable", "user_01"]);
    // As if the password had been changed.
    database.execute(
        "UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'admin') \
         WHERE username = 'user_02'",
    );
    let admin_only = doctor(&database, 0);

    assert_eq!((all.status("sample users"), admin_only.status("sample users")), ("warning", "warning"));
    for name in ["admin", "user_01", "user_02"] {
        assert!(all.detail("sample users").contains(name), "{all:?}");
        assert_eq!(admin_only.detail("sample users").contains(name), name == "admin", "{admin_only:?}");
    }
}

async fn the_text_has_a_line_per_check_and_one_per_remedy(database: Database) {
    init(&database);
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version LIKE '20261124000001%'");

    let ended = run(&database, &["doctor"]);

    let lines: Vec<_> = ended.output.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("error  migrations: ")).unwrap();
    assert!(lines[at + 1].starts_with("  ") && lines[at + 1].contains("auth-service migrate"), "{ended:?}");
    assert!(lines.contains(&"ok  settings: valid"), "{ended:?}");
    assert_eq!((ended.code, &*ended.errors), (Some(1), "error: checks that failed: migrations\n"));
}
