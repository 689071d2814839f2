//! `auth-service config`, and errors in settings and arguments.

use std::fs;

use serde_json::{Value, json};
use shared::testing::PRIVATE_KEY_PEM;
use tempfile::TempDir;

use super::{NEW_MASTER_KEY, run_with};
use crate::support::{Database, MASTER_KEY, PASSWORD};

#[test]
fn invalid_settings_and_arguments_exit_with_code_2() {
    let database = Database::sqlite();
    let elsewhere = [("AUTH__DATABASE__URL", "mysql://localhost/auth")];

    for (variables, arguments) in [
        (&elsewhere[..], &["keys", "list"][..]),
        (&elsewhere, &["migrate"]),
        (&[("AUTH__MASTER_KEY", "x")], &["init"]),
        (&[], &["init", "--make-master-key", "/nowhere/master.key"]),
        (&[("AUTH__LISTTEN", "x")], &["config"]),
        (&[], &["keys"]),
        (&[], &["keys", "withdraw"]),
        (&[], &["kyes"]),
    ] {
        let ended = run_with(&database, variables, arguments);

        assert_eq!((ended.code, &*ended.output), (Some(2), ""), "{arguments:?}: {ended:?}");
        assert!(!ended.errors.is_empty());
    }
}

#[test]
fn settings_are_printed_without_secrets() {
    let database = Database::sqlite();
    let secrets = [
        ("AUTH__MASTER_KEY", MASTER_KEY),
        ("AUTH__PREVIOUS_MASTER_KEY", NEW_MASTER_KEY),
        ("AUTH__ADMIN__PASSWORD", PASSWORD),
        ("AUTH__KEYS__PRIVATE_KEY", PRIVATE_KEY_PEM),
        ("AUTH__DATABASE__URL", "postgres://auth:pa55word@localhost/auth"),
    ];
    let variables = [&secrets[..], &[("AUTH__ADMIN__USERNAME", "root"), ("AUTH__DRAIN_SECS", "7")]].concat();

    let lines = run_with(&database, &variables, &["config"]);
    let json = run_with(&database, &variables, &["config", "--json"]);

    for ended in [&lines, &json] {
        assert_eq!((ended.code, &*ended.errors), (Some(0), ""));
        let key = PRIVATE_KEY_PEM.lines().nth(1).unwrap();
        for secret in [MASTER_KEY, NEW_MASTER_KEY, PASSWORD, key, "pa55word"] {
            assert!(!ended.output.contains(secret), "{}", ended.output);
        }
    }
    let (environment, defaults) = lines.output.split_once("# default\n").unwrap();
    assert!(environment.starts_with("# environment\n"), "{environment}");
    for line in secrets.map(|(variable, _)| format!("{variable}=***\n")) {
        assert!(environment.contains(&line), "{line}: {environment}");
    }
    for line in ["AUTH__ADMIN__USERNAME=root\n", "AUTH__DRAIN_SECS=7\n"] {
        assert!(environment.contains(line), "{line}: {environment}");
    }
    assert!(defaults.contains("AUTH__AUDIENCE=resource-service\n"), "{defaults}");
    let json: Value = serde_json::from_str(&json.output).unwrap();
    assert_eq!((&json["admin"]["password"], &json["drain_secs"]), (&json!("***"), &json!(7)));
    assert_eq!(json["origins"]["audience"], json!({ "from": "default" }));
}

#[test]
fn there_are_completions_and_a_manual_page_for_each_command() {
    let (database, folder) = (Database::sqlite(), TempDir::new().unwrap());

    let script = run_with(&database, &[], &["completions", "bash"]);
    let pages = run_with(&database, &[], &["man-pages", folder.path().to_str().unwrap()]);

    assert_eq!((script.code, pages.code), (Some(0), Some(0)), "{script:?} {pages:?}");
    assert!(script.output.contains("auth-service") && script.output.contains("rewrap"), "{script:?}");
    for page in ["auth-service.1", "auth-service-doctor.1", "auth-service-keys-rotate.1", "auth-service-users-import.1"]
    {
        assert!(fs::read_to_string(folder.path().join(page)).unwrap().contains(".TH "), "{page}");
    }
}
