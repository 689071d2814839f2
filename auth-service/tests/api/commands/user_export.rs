//! `auth-service users export`.

use std::fs;

use service_kit::testing::Program;
use tempfile::TempDir;

use super::{done, init, mode, run, usual_variables};
use crate::support::{Database, PROGRAM, TestApp, and_admin, config_for};

on_both_databases!(
    an_export_is_imported_into_another_database,
    hashes_are_exported_only_if_asked_for,
    a_file_is_readable_only_by_its_owner_and_never_overwritten,
    an_export_that_cannot_be_written_is_a_failure,
    an_export_is_in_the_audit_log,
);

async fn an_export_is_imported_into_another_database(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for name in ["Ünal", "o\"brien, j"] {
        assert_eq!(app.register(name).await.status, 201);
    }
    done(&database, &["users", "disable", "Ünal"]);
    database.execute("UPDATE users SET email = 'unal@example.com' WHERE username = 'Ünal'");
    let folder = TempDir::new().unwrap();
    for format in ["csv", "jsonl"] {
        let other = if database.is_postgres() { Database::postgres().unwrap() } else { Database::sqlite() };
        let file = folder.path().join(format!("users.{format}"));
        let path = file.to_str().unwrap();
        let there = TestApp::spawn_with(other.clone(), config_for(&other)).await;

        let exported = done(&database, &["users", "export", "--password-hashes", "--to", path]);
        let imported = done(&other, &["users", "import", path]);
        let again = done(&database, &["users", "import", path]);

        assert_eq!(exported, format!("Users exported to {path}: 3.\n"));
        assert_eq!(imported, "Imported: 3, already there: 0, refused: 0.\n");
        assert_eq!(again, "Imported: 0, already there: 3, refused: 0.\n");
        let users = "SELECT username || password_hash || role || COALESCE(email, '') || created_at || \
                     CASE WHEN disabled_at IS NULL THEN ' enabled' ELSE ' disabled' END AS text FROM users ORDER BY id";
        assert_eq!(other.rows(users), database.rows(users));
        assert_eq!(there.log_in("o\"BRIEN, j").await.status, 200);
        assert_eq!(there.log_in("Ünal").await.status, 403);
    }
}

async fn hashes_are_exported_only_if_asked_for(database: Database) {
    let _app = TestApp::spawn_with(database.clone(), and_admin(config_for(&database))).await;
    database.execute("UPDATE users SET created_at = 1000");
    let hash = database.rows("SELECT password_hash AS text FROM users").remove(0);

    let csv = done(&database, &["users", "export"]);
    let csv_with = done(&database, &["users", "export", "--password-hashes"]);
    let json = done(&database, &["users", "export", "--format", "jsonl"]);
    let json_with = done(&database, &["users", "export", "--format", "jsonl", "--password-hashes"]);

    assert_eq!(csv, "username,role,email,disabled,created_at\nadmin,admin,,false,1970-01-01T00:16:40Z\n");
    let header = "username,password_hash,role,email,disabled,created_at";
    assert_eq!(csv_with, format!("{header}\nadmin,\"{hash}\",admin,,false,1970-01-01T00:16:40Z\n"));
    let rest = r#""role":"admin","email":null,"disabled":false,"created_at":"1970-01-01T00:16:40Z"}"#;
    assert_eq!(json, format!("{{\"username\":\"admin\",{rest}\n"));
    assert_eq!(json_with, format!("{{\"username\":\"admin\",\"password_hash\":\"{hash}\",{rest}\n"));
}

async fn a_file_is_readable_only_by_its_owner_and_never_overwritten(database: Database) {
    init(&database);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("users.jsonl");
    let arguments = ["users", "export", "--to", file.to_str().unwrap()];

    done(&database, &arguments);
    let again = run(&database, &arguments);

    assert_eq!((mode(&file), fs::read_to_string(&file).unwrap()), (0o600, String::new()));
    assert_eq!(again.code, Some(1), "{again:?}");
}

async fn an_export_that_cannot_be_written_is_a_failure(database: Database) {
    init(&database);
    let command = format!("exec {PROGRAM} users export > /dev/full");

    let ended = Program::start("/bin/sh", &["-c", &command], &usual_variables(&database)).end();

    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.errors.starts_with("error: cannot write to standard output: "), "{ended:?}");
}

async fn an_export_is_in_the_audit_log(database: Database) {
    init(&database);

    done(&database, &["users", "export"]);
    done(&database, &["users", "export", "--password-hashes"]);

    let events = "SELECT action || ' ' || subject || ' ' || address || ' ' || detail AS text FROM audit_log \
                  WHERE action = 'users_exported' ORDER BY id";
    let expected = ["without password hashes", "with password hashes"];
    assert_eq!(database.rows(events), expected.map(|detail| format!("users_exported users command line {detail}")));
}
