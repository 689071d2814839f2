//! `auth-service clients`.

use serde_json::{Value, json};
use service_kit::testing::{Ended, Program, Response, send};

use crate::support::{Database, MASTER_KEY, PROGRAM, TestApp};

on_both_databases!(
    a_client_gets_tokens_with_its_secret_which_is_shown_once,
    the_list_shows_the_scopes_of_each_client,
    rotation_keeps_the_previous_secret_valid_for_a_while,
    rotation_without_grace_revokes_the_secret_and_its_tokens,
    deleting_a_client_revokes_its_tokens,
    an_invalid_client_is_rejected,
    client_changes_are_in_the_audit_log,
    a_secret_that_cannot_be_printed_is_never_valid,
);

async fn a_client_gets_tokens_with_its_secret_which_is_shown_once(database: Database) {
    let app = TestApp::spawn(database.clone()).await;

    let shown = done(&database, &["clients", "create", "reports", "--scope", "reports:write reports:read"]);

    let lines: Vec<_> = shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    assert_eq!((lines[0][0], lines[0][1], lines[1][0]), ("client_id", "reports@clients", "client_secret"));
    let secret = lines[1][1];
    assert!(secret.starts_with("cs1.") && secret.len() == 47, "{shown}");
    let response = token(&app, "reports@clients", secret).await;
    assert_eq!((response.status, &response.json()["scope"]), (200, &json!("reports:read reports:write")));
    for table in database.rows("SELECT secret_hash || scopes || id AS text FROM clients") {
        assert!(!table.contains(secret), "{table}");
    }
    assert!(!done(&database, &["clients", "list", "--json"]).contains(secret));
}

async fn the_list_shows_the_scopes_of_each_client(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let secret = create(&database, "reports");
    done(&database, &["clients", "create", "billing", "--scope", "invoices:read"]);
    token(&app, "reports@clients", &secret).await;

    let table = done(&database, &["clients", "list"]);
    let listed: Value = serde_json::from_str(&done(&database, &["clients", "list", "--json"])).unwrap();

    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0].join(" "), "CLIENT ID KIND SCOPE CREATED LAST USED OLD SECRET UNTIL");
    assert_eq!((&rows[1][..3], rows[1].len()), (&["billing@clients", "service", "invoices:read"][..], 4));
    assert_eq!((rows[2][0], rows[2].len()), ("reports@clients", 4), "created and last used, no scope");
    let [billing, reports] = [&listed["clients"][0], &listed["clients"][1]];
    assert_eq!((&billing["client_id"], &billing["last_used_at"]), (&json!("billing@clients"), &Value::Null));
    assert!(reports["last_used_at"].as_i64().unwrap() >= reports["created_at"].as_i64().unwrap());
    assert_eq!((&reports["scope"], &reports["previous_secret_until"]), (&json!(""), &Value::Null));
}

async fn rotation_keeps_the_previous_secret_valid_for_a_while(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let first = create(&database, "reports");

    let rotated: Value = json_of(&database, &["clients", "rotate", "reports", "--json"]);
    let second = rotated["client_secret"].as_str().unwrap();

    for secret in [&*first, second] {
        assert_eq!(token(&app, "reports@clients", secret).await.status, 200);
    }
    let listed = json_of(&database, &["clients", "list", "--json"]);
    assert_eq!(listed["clients"][0]["previous_secret_until"], rotated["previous_secret_until"]);
    database.execute("UPDATE clients SET previous_until = 1");
    assert_eq!(token(&app, "reports@clients", &first).await.status, 401);
    assert_eq!(token(&app, "reports@clients", second).await.status, 200);
}

async fn rotation_without_grace_revokes_the_secret_and_its_tokens(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let first = create(&database, "reports");
    token(&app, "reports@clients", &first).await;

    let shown = done(&database, &["clients", "rotate", "reports@clients", "--grace-secs", "0"]);

    assert!(
        shown.ends_with("The previous secret is no longer valid, and the client's tokens are revoked.\n"),
        "{shown}"
    );
    assert_eq!(token(&app, "reports@clients", &first).await.status, 401);
    assert_eq!(statuses(&database), ["1"]);
}

async fn deleting_a_client_revokes_its_tokens(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let secret = create(&database, "reports");
    create(&database, "other");
    token(&app, "reports@clients", &secret).await;

    let deleted = done(&database, &["clients", "delete", "reports"]);
    let again = run(&database, &["clients", "delete", "reports"]);

    assert_eq!(deleted, "reports@clients is deleted, and its tokens are revoked.\n");
    assert_eq!((again.code, &*again.errors), (Some(1), "error: there is no client reports\n"));
    assert_eq!(token(&app, "reports@clients", &secret).await.status, 401);
    assert_eq!(statuses(&database), ["1"]);
    assert_eq!(database.rows("SELECT id AS text FROM clients"), ["other@clients"]);
}

async fn an_invalid_client_is_rejected(database: Database) {
    done(&database, &["migrate"]);
    create(&database, "reports");

    let taken = run(&database, &["clients", "create", "reports@clients"]);
    let unknown = run(&database, &["clients", "rotate", "billing"]);

    assert_eq!((taken.code, &*taken.errors), (Some(1), "error: client reports@clients already exists\n"));
    assert_eq!((unknown.code, &*unknown.errors), (Some(1), "error: there is no client billing\n"));
    for arguments in [
        &["create", "Reports"][..],
        &["create", "a b"],
        &["create", ""],
        &["create", "x", "--scope", "a  b"],
        &["create", "x", "--scope", "ä"],
        &["create", "x", "--scope", "a\"b"],
        &["rotate", "reports", "--grace-secs", "-1"],
        &["delete"],
    ] {
        let ended = run(&database, &[&["clients"], arguments].concat());

        assert_eq!((ended.code, &*ended.output), (Some(2), ""), "{arguments:?}: {ended:?}");
    }
    assert_eq!(database.rows("SELECT id AS text FROM clients"), ["reports@clients"]);
}

async fn client_changes_are_in_the_audit_log(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    create(&database, "reports");
    done(&database, &["clients", "rotate", "reports"]);
    token(&app, "reports@clients", "wrong").await;
    token(&app, "secret in the wrong place", "reports").await;
    done(&database, &["clients", "delete", "reports"]);

    let columns = "action || ' ' || COALESCE(subject, '-') || ' ' || COALESCE(address, '-')";
    let lines =
        database.rows(&format!("SELECT {columns} AS text FROM audit_log WHERE action LIKE 'client%' ORDER BY id"));

    assert_eq!(
        lines,
        [
            "client_created reports@clients command line",
            "client_rotated reports@clients command line",
            "client_refused reports@clients 127.0.0.1",
            "client_refused - 127.0.0.1",
            "client_deleted reports@clients command line",
        ]
    );
}

async fn a_secret_that_cannot_be_printed_is_never_valid(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let secret = create(&database, "reports");
    app.register("john").await;
    let variables = [("AUTH__DATABASE__URL", database.url()), ("AUTH__MASTER_KEY", MASTER_KEY)];

    for command in
        ["clients rotate reports --json", "clients rotate reports", "clients create other", "users reset-password john"]
    {
        let to_full_disk = format!("exec {PROGRAM} {command} > /dev/full");
        let ended = Program::start("/bin/sh", &["-c", &to_full_disk], &variables).end();

        assert_eq!(ended.code, Some(1), "{command}: {ended:?}");
        assert!(ended.errors.contains("nothing was changed"), "{command}: {ended:?}");
    }
    assert_eq!(database.rows("SELECT id AS text FROM clients"), ["reports@clients"]);
    assert_eq!(database.rows("SELECT token_hash AS text FROM password_resets"), [""; 0]);
    assert_eq!(token(&app, "reports@clients", &secret).await.status, 200);
    let list =
        Program::start("/bin/sh", &["-c", &format!("exec {PROGRAM} clients list > /dev/full")], &variables).end();
    assert_eq!(list.code, Some(1), "{list:?}");
}

/// Creates a client and returns its secret.
fn create(database: &Database, name: &str) -> String {
    let created = json_of(database, &["clients", "create", name, "--json"]);
    created["client_secret"].as_str().unwrap().to_owned()
}

async fn token(app: &TestApp, id: &str, secret: &str) -> Response {
    let request = app.request("POST", "/oauth/token").basic_auth(id, Some(secret));
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    send(request.body("grant_type=client_credentials")).await
}

fn statuses(database: &Database) -> Vec<String> {
    database.rows("SELECT CAST(status AS TEXT) AS text FROM access_tokens WHERE client_id IS NOT NULL")
}

fn json_of(database: &Database, arguments: &[&str]) -> Value {
    serde_json::from_str(&done(database, arguments)).unwrap()
}

fn done(database: &Database, arguments: &[&str]) -> String {
    let ended = run(database, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.output
}

fn run(database: &Database, arguments: &[&str]) -> Ended {
    let variables = [("AUTH__DATABASE__URL", database.url()), ("AUTH__MASTER_KEY", MASTER_KEY)];
    Program::start(PROGRAM, arguments, &variables).end()
}
