//! `auth-service config`, and errors in settings and arguments.

use serde_json::{Value, json};
use shared::testing::PRIVATE_KEY_PEM;

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
    for (variable, _) in secrets {
        assert!(lines.output.contains(&format!("{variable}=***\n")), "{}", lines.output);
    }
    assert!(lines.output.contains("AUTH__ADMIN__USERNAME=root\n") && lines.output.contains("AUTH__DRAIN_SECS=7\n"));
    let json: Value = serde_json::from_str(&json.output).unwrap();
    assert_eq!((&json["admin"]["password"], &json["drain_secs"]), (&json!("***"), &json!(7)));
}
