//! `GET /audit`, and `auth-service audit`.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};
use service_kit::testing::{Ended, Program, eventually, send};
use tempfile::TempDir;

use crate::support::{
    Database, MASTER_KEY, PASSWORD, PROGRAM, TestApp, and_admin, claims_of, config_for, config_with_own_keys,
};

on_both_databases!(
    every_change_is_recorded_with_actor_subject_and_address,
    logins_and_logouts_are_recorded_with_their_session,
    behind_a_trusted_proxy_the_client_address_is_recorded,
    the_log_contains_no_secrets,
    the_log_can_be_filtered,
    the_log_is_paginated_newest_first,
    an_invalid_query_is_rejected,
    key_changes_are_recorded,
    the_command_shows_the_newest_lines_last,
    the_command_follows_until_it_is_interrupted,
    control_characters_are_escaped_in_the_output,
    pruning_deletes_old_events_and_is_recorded,
    an_archive_has_exactly_the_events_that_are_deleted,
    an_archive_that_cannot_be_written_deletes_nothing,
    old_events_are_deleted_at_the_end_of_their_retention,
);

async fn every_change_is_recorded_with_actor_subject_and_address(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let admin = app.token_of("admin").await;
    app.register("John").await;
    let eve = json!({ "username": "eve", "password": PASSWORD, "role": "editor" });
    app.post_as(&admin, "/register", &eve).await;
    for change in [json!({ "role": "editor" }), json!({ "disabled": true }), json!({ "disabled": false })] {
        send(app.request("PATCH", "/users/john").bearer_auth(&admin).json(&change)).await;
    }
    send(app.request("DELETE", "/users/EVE").bearer_auth(&admin)).await;

    let response = app.get_as(&admin, "/audit").await;

    let events = response.json()["events"].take();
    let recorded: Vec<_> = events.as_array().unwrap().iter().map(summary).collect();
    assert_eq!(response.status, 200);
    assert_eq!(
        recorded,
        [
            "admin user_deleted eve 127.0.0.1 number 3",
            "admin user_enabled John 127.0.0.1 -",
            "admin user_disabled John 127.0.0.1 sessions ended: 0",
            "admin role_changed John 127.0.0.1 user -> editor",
            "admin user_created eve 127.0.0.1 editor",
            "John registered John 127.0.0.1 -",
            "admin logged_in admin 127.0.0.1 session …",
            "- user_created admin the settings admin",
        ]
    );
    let ids: Vec<_> = events.as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [8, 7, 6, 5, 4, 3, 2, 1]);
    assert!(events[0]["at"].as_i64().unwrap() > 1_700_000_000);
}

async fn logins_and_logouts_are_recorded_with_their_session(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let issued = app.log_in("ADMIN").await.json();
    let token = issued["access_token"].as_str().unwrap();
    let session = claims_of(token).sid.unwrap();

    app.post_as(token, "/logout", &json!({})).await;
    // The session has ended, so these record nothing.
    app.post("/logout", &json!({ "refresh_token": issued["refresh_token"] })).await;
    app.post_as(issued["refresh_token"].as_str().unwrap(), "/refresh", &json!({})).await;

    let columns = "actor || ' ' || action || ' ' || subject || ' ' || address || ' ' || detail";
    let lines = format!("SELECT {columns} AS text FROM audit_log WHERE action <> 'user_created' ORDER BY id");
    let expected =
        ["logged_in", "logged_out"].map(|action| format!("admin {action} admin 127.0.0.1 session {session}"));
    assert_eq!(database.rows(&lines), expected);
}

async fn behind_a_trusted_proxy_the_client_address_is_recorded(database: Database) {
    let mut config = and_admin(config_for(&database));
    config.trusted_proxies = "127.0.0.0/8".to_owned().into();
    let app = TestApp::spawn_with(database.clone(), config).await;
    let registration = json!({ "username": "john", "password": PASSWORD });

    send(app.request("POST", "/register").header("X-Forwarded-For", "203.0.113.9").json(&registration)).await;

    let address = "SELECT address AS text FROM audit_log WHERE action = 'registered'";
    assert_eq!(database.rows(address), ["203.0.113.9"]);
}

async fn the_log_contains_no_secrets(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    let admin = app.token_of("admin").await;
    app.register("john").await;
    let offered = send(app.request("POST", "/users/john/password-reset").bearer_auth(&admin)).await.json();
    let token = offered["reset_token"].as_str().unwrap();
    app.post("/password-reset", &json!({ "token": token, "password": "another horse" })).await;

    let log = app.get_as(&admin, "/audit").await.body;

    for action in ["password_reset_offered", "password_reset"] {
        assert!(log.contains(&format!("\"{action}\"")), "{log}");
    }
    for secret in [PASSWORD, "another horse", token, &admin, "argon2"] {
        assert!(!log.contains(secret), "{log}");
    }
}

async fn the_log_can_be_filtered(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_old_events(&database);
    let admin = app.token_of("admin").await;
    let found = async |query: &str| ids(&app.get_as(&admin, &format!("/audit?{query}")).await.json());

    assert_eq!(found("actor=ann").await, [102, 101]);
    assert_eq!(found("subject=eve").await, [103, 102]);
    assert_eq!(found("action=role_changed").await, [103, 101]);
    assert_eq!(found("actor=ann&subject=eve").await, [102]);
    assert_eq!(found("actor=Ann").await, Vec::<i64>::new());
    assert_eq!(found("subject=eve&since=3000").await, [103]);
    assert_eq!(found("subject=eve&until=3000").await, [102]);
    assert_eq!(found("since=1000&until=3000").await, [102, 101]);
    assert_eq!(found("actor=").await, Vec::<i64>::new());
    assert_eq!(found("actor=%27%20OR%201%3D1").await, Vec::<i64>::new());
}

async fn the_log_is_paginated_newest_first(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_old_events(&database);
    let admin = app.token_of("admin").await;
    let page = async |query: &str| {
        let page = app.get_as(&admin, &format!("/audit?until=5000&{query}")).await.json();
        (ids(&page), page.get("next_before").map(Value::to_owned))
    };

    assert_eq!(page("limit=2").await, (vec![103, 102], Some(json!(102))));
    assert_eq!(page("limit=2&before=102").await, (vec![101], None));
    assert_eq!(page("limit=3").await, (vec![103, 102, 101], None));
    assert_eq!(page("before=0").await, (vec![], None));
}

async fn an_invalid_query_is_rejected(database: Database) {
    let app = TestApp::spawn(database).await;
    let admin = app.token_of("admin").await;

    for query in [
        "limit=0",
        "limit=1001",
        "before=-1",
        "before=x",
        "since=yesterday",
        "until=1.5",
        "action=hacked",
        "action=",
        "actor=%00",
        "subject=a%0Ab",
        "who=john",
        "actor=a&actor=b",
    ] {
        let response = app.get_as(&admin, &format!("/audit?{query}")).await;

        assert_eq!(response.code(), (400, "invalid_request"), "{query}");
    }
    assert_eq!(app.post_as(&admin, "/audit", &json!({})).await.header("allow"), Some("GET, HEAD"));
}

async fn key_changes_are_recorded(database: Database) {
    let app = TestApp::spawn_with(database.clone(), and_admin(config_with_own_keys(&database))).await;
    let admin = app.token_of("admin").await;
    let rotated = app.post_as(&admin, "/keys/rotate", &json!({ "force": true })).await.json();
    let kid = rotated["current"].as_str().unwrap();
    let admin = app.token_of("admin").await;
    send(app.request("POST", &format!("/keys/{kid}/withdraw")).bearer_auth(&admin)).await;
    send(app.request("POST", &format!("/keys/{kid}/withdraw")).bearer_auth(&app.token_of("admin").await)).await;

    let recorded = database.rows(&format!(
        "SELECT actor || ' ' || action || ' ' || address AS text FROM audit_log WHERE subject = '{kid}' ORDER BY id"
    ));

    assert_eq!(recorded, ["admin key_activated 127.0.0.1", "admin key_withdrawn 127.0.0.1"]);
}

async fn the_command_shows_the_newest_lines_last(database: Database) {
    let _app = TestApp::spawn(database.clone()).await;
    insert_old_events(&database);

    let text = run(&database, &["audit", "--until", "1970-01-01T01:00:00Z", "--limit", "2"]);
    let json = run(&database, &["audit", "--subject", "eve", "--json", "--since", "1970-01-01"]);
    let none = run(&database, &["audit", "--actor", "nobody"]);

    assert_eq!((text.code, &*text.errors), (Some(0), ""));
    let expected = "1970-01-01T00:33:20Z #102 user_disabled actor=\"ann\" subject=\"eve\" from=\"192.0.2.1\"\n\
                    1970-01-01T00:50:00Z #103 role_changed subject=\"eve\" from=\"command line\" detail=\"a \\\"b\\\"\"\n";
    assert_eq!(text.output, expected);
    let lines: Vec<Value> = json.output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{json:?}");
    let second = json!({
        "id": 103, "at": 3000, "actor": null, "action": "role_changed", "subject": "eve", "address": "command line",
        "detail": "a \"b\"",
    });
    assert_eq!(lines[1], second);
    assert_eq!((none.code, &*none.output), (Some(0), ""));
    for wrong in [&["--action", "hacked"][..], &["--since", "soon"], &["--limit", "0"], &["--follow", "--until", "1"]] {
        assert_eq!(run(&database, &[&["audit"], wrong].concat()).code, Some(2), "{wrong:?}");
    }
}

async fn the_command_follows_until_it_is_interrupted(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    let mut program = start(&database, &["audit", "--follow", "--json", "--action", "registered"]);
    program.wait_for_output("\"john\"");

    for name in ["eve", "ann"] {
        app.register(name).await;
        program.wait_for_output(&format!("\"{name}\""));
    }
    program.signal("INT");

    let ended = program.end();
    assert_eq!((ended.code, &*ended.errors, ended.output.lines().count()), (Some(0), "", 3), "{ended:?}");
}

async fn control_characters_are_escaped_in_the_output(database: Database) {
    let _app = TestApp::spawn(database.clone()).await;
    let escape = if database.is_postgres() { "CHR(27) || '[2J' || CHR(155)" } else { "CHAR(27) || '[2J' || CHAR(155)" };
    database
        .execute(&format!("INSERT INTO audit_log (id, at, action, detail) VALUES (100, 1, 'log_in_failed', {escape})"));

    let text = run(&database, &["audit", "--until", "2"]);
    let json = run(&database, &["audit", "--until", "2", "--json"]);

    assert_eq!(text.output, "1970-01-01T00:00:01Z #100 log_in_failed detail=\"\\u001b[2J\\u009b\"\n");
    let line: Value = serde_json::from_str(&json.output).unwrap();
    assert_eq!(line["detail"], "\u{1b}[2J\u{9b}");
    assert!(!json.output.contains(['\u{1b}', '\u{9b}']), "{json:?}");
}

async fn pruning_deletes_old_events_and_is_recorded(database: Database) {
    let app = TestApp::spawn(database.clone()).await;
    insert_old_events(&database);

    let pruned = run(&database, &["audit", "prune", "--before", "3000"]);
    let again = run(&database, &["audit", "prune", "--before", "3000"]);
    let without = run(&database, &["audit", "prune"]);

    assert_eq!((pruned.code, &*pruned.output), (Some(0), "Events deleted: 2.\n"), "{pruned:?}");
    assert_eq!((again.code, &*again.output), (Some(0), "Events deleted: 0.\n"));
    assert_eq!(without.code, Some(2));
    let left = app.get_as(&app.token_of("admin").await, "/audit?since=3000&action=audit_pruned").await.json();
    assert_eq!(left["events"].as_array().unwrap().len(), 1);
    assert_eq!(left["events"][0]["detail"], "lines: 2, before 1970-01-01T00:50:00Z");
    assert_eq!(database.rows("SELECT action AS text FROM audit_log WHERE id IN (101, 102, 103)"), ["role_changed"]);
}

/// Inserts three old events.
async fn an_archive_has_exactly_the_events_that_are_deleted(database: Database) {
    TestApp::spawn(database.clone()).await.stop().await;
    let many: Vec<_> = (1..=2500).map(|id| format!("({id}000, 1000, 'ann', 'role_changed', 'bob')")).collect();
    database.execute(&format!("INSERT INTO audit_log (id, at, actor, action, subject) VALUES {}", many.join(", ")));
    database.execute("UPDATE sequences SET last = 3000000 WHERE name = 'audit_log'");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("archive");
    let archive = ["audit", "archive", "--before", "2000", "--to", file.to_str().unwrap()];

    let done = run(&database, &archive);
    let again = run(&database, &archive);

    assert_eq!((done.code, &*done.output), (Some(0), "Events archived: 2500, deleted: 2500.\n"), "{done:?}");
    let lines: Vec<Value> =
        fs::read_to_string(&file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<_> = lines.iter().map(|line| line["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=2500).map(|id| id * 1000).collect::<Vec<_>>());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // What is left: the first admin, and the deletion.
    let left = database.rows("SELECT action || ' ' || COALESCE(detail, '-') AS text FROM audit_log ORDER BY id");
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.contains(&"audit_pruned lines: 2500, before 1970-01-01T00:33:20Z, archived".to_owned()), "{left:?}");
    assert_eq!(again.code, Some(1), "an archive is never overwritten: {again:?}");
}

async fn an_archive_that_cannot_be_written_deletes_nothing(database: Database) {
    TestApp::spawn(database.clone()).await.stop().await;
    insert_old_events(&database);
    let count = || database.rows("SELECT CAST(COUNT(*) AS TEXT) AS text FROM audit_log");
    let before = count();

    let refused = run(&database, &["audit", "archive", "--before", "5000", "--to", "/no/such/folder/archive"]);

    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.errors.contains("/no/such/folder/archive"), "{refused:?}");
    assert_eq!(count(), before);
}

async fn old_events_are_deleted_at_the_end_of_their_retention(database: Database) {
    TestApp::spawn(database.clone()).await.stop().await;
    insert_old_events(&database);
    let mut config = and_admin(config_for(&database));
    config.audit.retention_days = 30;

    let _app = TestApp::spawn_with(database.clone(), config).await;

    let pruned = "SELECT detail AS text FROM audit_log WHERE action = 'audit_pruned'";
    let details = eventually(async || Some(database.rows(pruned)).filter(|rows| !rows.is_empty())).await;
    assert_eq!(details, ["lines: 3, by retention"]);
    let left = database.rows("SELECT action AS text FROM audit_log ORDER BY id");
    assert_eq!(left, ["user_created", "audit_pruned"]);
}

fn insert_old_events(database: &Database) {
    database.execute(
        "INSERT INTO audit_log (id, at, actor, action, subject, address, detail) VALUES \
         (101, 1000, 'ann', 'role_changed', 'bob', '192.0.2.1', NULL), \
         (102, 2000, 'ann', 'user_disabled', 'eve', '192.0.2.1', NULL), \
         (103, 3000, NULL, 'role_changed', 'eve', 'command line', 'a \"b\"'); \
         UPDATE sequences SET last = 103 WHERE name = 'audit_log'",
    );
}

fn ids(page: &Value) -> Vec<i64> {
    page["events"].as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect()
}

fn summary(event: &Value) -> String {
    let summary = |name: &str| match event[name].as_str() {
        Some(detail) if detail.starts_with("session ") => "session …",
        other => other.unwrap_or("-"),
    };
    ["actor", "action", "subject", "address", "detail"].map(summary).join(" ")
}

fn run(database: &Database, arguments: &[&str]) -> Ended {
    start(database, arguments).end()
}

fn start(database: &Database, arguments: &[&str]) -> Program {
    let variables = [("AUTH__DATABASE__URL", database.url()), ("AUTH__MASTER_KEY", MASTER_KEY)];
    Program::start(PROGRAM, arguments, &variables)
}
