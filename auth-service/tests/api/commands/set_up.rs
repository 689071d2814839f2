//! `auth-service init`, `migrate` and `create-admin`.

use std::fs;

use serde_json::json;
use service_kit::testing::{Ended, Program};
use tempfile::TempDir;

use super::{config_with_master_key, init, mode, run, run_with, usual_variables};
use crate::support::{Database, MASTER_KEY, PASSWORD, PROGRAM, TestApp};

on_both_databases!(
    an_admin_is_created_with_a_password_from_standard_input,
    an_invalid_admin_is_rejected,
    migrate_creates_the_schema_and_nothing_else,
    init_is_idempotent_and_prepares_the_first_start,
);

#[test]
fn secrets_are_generated_once_without_a_database_or_a_shell() {
    let folder = TempDir::new().unwrap();
    let [password, url] = ["password", "url"].map(|name| folder.path().join(name));
    let files = [format!("--password-file={}", password.display()), format!("--url-file={}", url.display())];
    let make = |of_url: &str| Program::start(PROGRAM, &["make-secrets", &files[0], &files[1], of_url], &[]).end();

    let made = make("--url=postgres://auth@postgres/auth?connect_timeout=3");
    let first = fs::read_to_string(&password).unwrap();
    let again = make("--url=postgres://auth@other/auth");
    let without_user = make("--url=postgres://other/auth");

    assert_eq!((made.code, again.code, without_user.code), (Some(0), Some(0), Some(1)), "{made:?}");
    assert_eq!(first.len(), 32);
    assert_eq!(fs::read_to_string(&password).unwrap(), first);
    assert_eq!(fs::read_to_string(&url).unwrap(), format!("postgres://auth:{first}@other/auth\n"));
    assert_eq!((mode(&password), mode(&url)), (0o444, 0o600));
    assert!(!made.output.contains(&first), "{made:?}");
}

async fn an_admin_is_created_with_a_password_from_standard_input(database: Database) {
    init(&database);

    let made = create_admin(&database, "root", "hunter2 hunter2\n");

    let node = TestApp::spawn_with(database.clone(), config_with_master_key(&database, MASTER_KEY)).await;
    let login = json!({ "username": "root", "password": "hunter2 hunter2" });
    let token = node.post("/login", &login).await.json()["access_token"].take();
    assert_eq!((made.code, &*made.output, &*made.errors), (Some(0), "Created the admin root.\n", ""));
    assert_eq!(node.get_as(token.as_str().unwrap(), "/users").await.status, 200);
}

async fn an_invalid_admin_is_rejected(database: Database) {
    init(&database);
    create_admin(&database, "root", PASSWORD);

    for (username, password, why) in [
        ("root", PASSWORD, "Username already exists"),
        ("Root", PASSWORD, "Username already exists"),
        ("boss", "short", "A password must have 8 to 1024 bytes"),
        ("boss", "", "A password must have 8 to 1024 bytes"),
        ("", PASSWORD, "A username "),
    ] {
        let rejected = create_admin(&database, username, password);

        assert_eq!((rejected.code, &*rejected.output), (Some(1), ""), "{username}");
        assert!(rejected.errors.starts_with(&format!("error: {why}")), "{rejected:?}");
    }
    assert_eq!(database.rows("SELECT username AS text FROM users"), ["root"]);
}

async fn migrate_creates_the_schema_and_nothing_else(database: Database) {
    for _ in 0..2 {
        let migrated = run(&database, &["migrate"]);

        assert_eq!((migrated.code, &*migrated.errors), (Some(0), ""), "{migrated:?}");
    }
    for table in ["users", "signing_keys", "verifiers"] {
        assert_eq!(database.rows(&format!("SELECT CAST(COUNT(*) AS TEXT) AS text FROM {table}")), ["0"]);
    }
}

async fn init_is_idempotent_and_prepares_the_first_start(database: Database) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("master.key");
    let path = file.to_str().unwrap();
    let variables = [("AUTH__MASTER_KEY", ""), ("AUTH__MASTER_KEY_FILE", path), ("AUTH__SAMPLE_USERS", "true")];
    let init = || run_with(&database, &variables, &["init", "--make-master-key", path]);

    let first = init();
    let key = fs::read_to_string(&file).unwrap();
    let second = init();

    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{first:?} {second:?}");
    let kid = database.rows("SELECT kid AS text FROM signing_keys").remove(0);
    assert_eq!(first.output, format!("Ready: the schema is up to date, and {kid} signs.\n"));
    assert_eq!(second.output, first.output);
    assert_eq!((mode(&file), key.len()), (0o600, 44));
    assert_eq!(fs::read_to_string(&file).unwrap(), key);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(database.rows("SELECT username AS text FROM users ORDER BY id"), ["admin", "user_01", "user_02"]);
    let serving = TestApp::spawn_with(database.clone(), config_with_master_key(&database, &key)).await;
    assert_eq!(serving.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"], kid);
}

fn create_admin(database: &Database, username: &str, input: &str) -> Ended {
    Program::start_with_input(PROGRAM, &["create-admin", username], &usual_variables(database), input).end()
}
