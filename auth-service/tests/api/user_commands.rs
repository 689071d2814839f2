//! `auth-service users`.

use serde_json::{Value, json};
use service_kit::testing::{Ended, Program};

use crate::support::{Database, PASSWORD, PROGRAM, TestApp, begin_session, status_of};

on_both_databases!(
    users_are_listed_as_a_table_and_as_json,
    a_role_is_set_and_makes_access_tokens_stale,
    a_user_is_disabled_and_enabled,
    a_user_is_deleted,
    a_printed_token_sets_a_new_password,
    sessions_are_ended_and_counted,
    impossible_changes_are_rejected,
    one_of_two_concurrent_demotions_of_the_last_admins_is_rejected,
);

async fn users_are_listed_as_a_table_and_as_json(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    for name in ["Ünal", "用户"] {
        assert_eq!(app.register(name).await.status, 201);
    }
    // As earlier releases accepted it.
    database.execute("UPDATE users SET username = 'Ünal\u{202e}' WHERE id = 2");
    database.execute("UPDATE users SET created_at = 1000, last_login_at = NULL");
    database.execute("UPDATE users SET disabled_at = 1, last_login_at = 2000 WHERE id = 2");

    let table = done(&database, &["users", "list"]);
    let part = done(&database, &["users", "list", "--limit", "1", "--after", "1"]);
    let json = done(&database, &["users", "list", "--json", "--query", "ÜNAL"]);
    let disabled = done(&database, &["users", "list", "--disabled", "--role", "user", "--json"]);
    let enabled = done(&database, &["users", "list", "--disabled=false", "--json"]);
    let shown = done(&database, &["users", "show", "用户", "--json"]);

    let expected = "ID  USERNAME    ROLE   STATE     REGISTERED            LAST LOGIN\n\
                    1   admin       admin  enabled   1970-01-01T00:16:40Z\n\
                    2   Ünal\\u202e  user   disabled  1970-01-01T00:16:40Z  1970-01-01T00:33:20Z\n\
                    3   用户          user   enabled   1970-01-01T00:16:40Z\n";
    assert_eq!(table, expected);
    assert_eq!(part.lines().count(), 4);
    assert!(part.ends_with("\n\nMore results: --after 2\n"), "{part}");
    let unal = json!({
        "id": 2, "username": "Ünal\u{202e}", "role": "user", "disabled": true, "created_at": 1000, "last_login_at": 2000,
    });
    let read = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    assert_eq!((read(&json), read(&disabled)), (json!([unal]), json!([unal])));
    assert_eq!(read(&enabled).as_array().unwrap().len(), 2);
    assert_eq!((&read(&shown)["id"], &read(&shown)["last_login_at"]), (&json!(3), &Value::Null));
}

async fn a_role_is_set_and_makes_access_tokens_stale(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    begin_session(&database, "john-1", 2);

    let set = done(&database, &["users", "set-role", "JOHN", "editor", "--json"]);

    assert_eq!(serde_json::from_str::<Value>(&set).unwrap()["role"], "editor");
    assert_eq!(status_of(&database, "john-1"), "live 3");
    assert_eq!(last_event(&database), "- role_changed john command line user -> editor");
}

async fn a_user_is_disabled_and_enabled(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    begin_session(&database, "john-1", 2);

    let disabled = done(&database, &["users", "disable", "john"]);
    let event = last_event(&database);
    let enabled = done(&database, &["users", "enable", "john"]);

    assert!(disabled.contains("  disabled  ") && enabled.contains("  enabled  "), "{disabled}{enabled}");
    assert_eq!(status_of(&database, "john-1"), "ended 1");
    assert_eq!(event, "- user_disabled john command line sessions ended: 1");
    assert_eq!(last_event(&database), "- user_enabled john command line -");
}

async fn a_user_is_deleted(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("-john").await;

    let deleted = done(&database, &["users", "delete", "-john"]);

    assert_eq!(deleted, "Deleted.\n");
    assert_eq!(database.rows("SELECT username AS text FROM users"), ["admin"]);
    assert_eq!(last_event(&database), "- user_deleted -john command line number 2");
}

async fn a_printed_token_sets_a_new_password(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;

    let token = done(&database, &["users", "reset-password", "john"]);
    let reset = json!({ "token": token.trim(), "password": "another horse" });
    let response = app.post("/password-reset", &reset).await;
    let json: Value = serde_json::from_str(&done(&database, &["users", "reset-password", "john", "--json"])).unwrap();

    assert_eq!(response.status, 204);
    assert_eq!(app.post("/login", &json!({ "username": "john", "password": "another horse" })).await.status, 200);
    assert_eq!((json["reset_token"].as_str().unwrap().len(), &json["expires_in"]), (43, &json!(3600)));
}

async fn sessions_are_ended_and_counted(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    begin_session(&database, "john-1", 2);

    let first = done(&database, &["users", "revoke-sessions", "john"]);
    let second = done(&database, &["users", "revoke-sessions", "john"]);

    assert_eq!((&*first, &*second), ("Sessions ended: 1.\n", "Sessions ended: 0.\n"));
    assert_eq!(status_of(&database, "john-1"), "ended 1");
}

async fn impossible_changes_are_rejected(database: Database) {
    let _app = TestApp::spawn(database.clone()).await;
    let last = "error: This is the last admin who can log in; create another one first\n";
    let nobody = "error: No such user\n";

    for (arguments, code, errors) in [
        (&["show", "nobody"][..], 1, nobody),
        (&["set-role", "nobody", "admin"], 1, nobody),
        (&["disable", ""], 1, nobody),
        (&["delete", "nobody"], 1, nobody),
        (&["reset-password", "nobody"], 1, nobody),
        (&["revoke-sessions", "nobody"], 1, nobody),
        (&["set-role", "admin", "user"], 1, last),
        (&["disable", "admin"], 1, last),
        (&["delete", "admin"], 1, last),
        (&["set-role", "admin", "Admin"], 2, "error: invalid value 'Admin'"),
        (&["show"], 2, "error: "),
        (&[], 2, ""),
        (&["list", "--limit", "0"], 2, "error: "),
    ] {
        let ended = run(&database, arguments);

        assert_eq!((ended.code, &*ended.output), (Some(code), ""), "{arguments:?}: {ended:?}");
        assert!(ended.errors.starts_with(errors), "{arguments:?}: {ended:?}");
    }
    assert_eq!(last_event(&database), "- user_created admin the settings admin");
}

async fn one_of_two_concurrent_demotions_of_the_last_admins_is_rejected(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.post("/register", &json!({ "username": "boss", "password": PASSWORD })).await;

    for _ in 0..6 {
        database.execute("UPDATE users SET role = 'admin'");
        let both = ["admin", "boss"].map(|name| start(&database, &["set-role", name, "user"]));

        let mut codes = both.map(|program| program.end().code);

        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(1)]);
        assert_eq!(database.rows("SELECT username AS text FROM users WHERE role = 'admin'").len(), 1);
    }
}

/// What a command says that must be done.
fn done(database: &Database, arguments: &[&str]) -> String {
    let ended = Program::start(PROGRAM, arguments, &[("AUTH__DATABASE__URL", database.url())]).end();
    assert_eq!((ended.code, &*ended.errors), (Some(0), ""), "{arguments:?}: {ended:?}");
    ended.output
}

fn run(database: &Database, arguments: &[&str]) -> Ended {
    start(database, arguments).end()
}

fn start(database: &Database, arguments: &[&str]) -> Program {
    Program::start(PROGRAM, &[&["users"], arguments].concat(), &[("AUTH__DATABASE__URL", database.url())])
}

fn last_event(database: &Database) -> String {
    let event = "SELECT COALESCE(actor, '-') || ' ' || action || ' ' || subject || ' ' || address || ' ' || \
                 COALESCE(detail, '-') AS text FROM audit_log ORDER BY id DESC LIMIT 1";
    database.rows(event).remove(0)
}
