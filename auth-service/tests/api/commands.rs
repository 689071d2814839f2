//! What operators do from the command line, with the real program.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Value, json};
use shared::{
    UnixTime,
    service::Secret,
    testing::{Ended, PRIVATE_KEY_PEM, Program, eventually, kid_of},
};
use tempfile::TempDir;

use crate::support::{Database, MASTER_KEY, PASSWORD, PROGRAM, TestApp, and_admin, config_with_own_keys};

/// Another 32 bytes in base64.
const NEW_MASTER_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

on_both_databases!(
    the_list_of_keys_is_the_one_that_the_service_gives,
    the_list_of_keys_is_a_table_too,
    a_node_that_runs_follows_a_rotation_by_command,
    an_activation_is_refused_with_the_names_of_those_who_lack_the_key,
    a_node_that_runs_refuses_the_tokens_of_a_withdrawn_key,
    a_key_goes_out_of_one_database_and_into_another,
    a_key_that_cannot_be_imported_is_refused,
    under_a_new_master_key_the_signing_keys_stay_the_same,
    an_admin_is_made_with_a_password_from_the_standard_input,
    an_admin_who_cannot_be_is_refused,
    the_schema_is_made_and_nothing_else,
    init_makes_what_a_first_start_needs_once,
);

async fn the_list_of_keys_is_the_one_that_the_service_gives(database: Database) {
    let node = node(&database, MASTER_KEY).await;
    done(&database, &["keys", "rotate"]);
    ask(&database, "replica-1");

    let listed: Value = serde_json::from_str(&done(&database, &["keys", "list", "--json"])).unwrap();

    let token = node.token_of("admin").await;
    eventually(async || (node.get_as(&token, "/keys").await.json() == listed).then_some(())).await;
}

async fn the_list_of_keys_is_a_table_too(database: Database) {
    let current = init(&database);
    done(&database, &["keys", "rotate"]);
    ask(&database, "replica-1");

    let table = done(&database, &["keys", "list"]);

    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0].join(" "), "KEY ID STAGE SIGNS FROM PUBLISHED UNTIL LACKED BY");
    assert_eq!((rows[1][0], rows[1][1], rows[1].last().unwrap()), (&*current, "current", &"replica-1"));
    assert_eq!((rows[2][1], rows[2].last().unwrap()), ("next", &"replica-1"));
    let year = &rows[1][2][..2];
    assert!(year == "20" && rows[1][2].ends_with('Z'), "{table}");
    assert!(table.ends_with("\n1 live verifiers: replica-1\n"), "{table}");
}

async fn a_node_that_runs_follows_a_rotation_by_command(database: Database) {
    let node = node(&database, MASTER_KEY).await;
    let old = node.token_of("admin").await;

    let published = done(&database, &["keys", "rotate"]);
    let activated = done(&database, &["keys", "activate"]);
    let nothing_next = run(&database, &["keys", "activate"]);

    let kid = published.split_once(" is published, and signs from ").unwrap().0;
    assert_eq!(activated, format!("{kid} signs now.\n"));
    assert_eq!((nothing_next.code, &*nothing_next.output), (Some(1), ""));
    assert!(nothing_next.errors.starts_with("error: no key is next\n"), "{nothing_next:?}");
    let new = eventually(async || Some(node.token_of("admin").await).filter(|token| kid_of(token) == kid)).await;
    for token in [old, new] {
        assert_eq!(node.get_as(&token, "/me").await.status, 200);
    }
}

async fn an_activation_is_refused_with_the_names_of_those_who_lack_the_key(database: Database) {
    init(&database);
    done(&database, &["keys", "rotate"]);
    ask(&database, "replica-1");
    ask(&database, "replica-2");

    let refusals = [run(&database, &["keys", "rotate"]), run(&database, &["keys", "activate"])];
    let stages_then = stages(&database);
    done(&database, &["keys", "activate", "--force"]);

    for refused in refusals {
        assert_eq!((refused.code, &*refused.output), (Some(1), ""));
        assert!(refused.errors.starts_with("error: these verifiers lack "), "{refused:?}");
        assert!(refused.errors.contains(": replica-1, replica-2\n") && refused.errors.contains("--force"));
    }
    assert_eq!(stages_then, ["current", "next"]);
    assert_eq!(stages(&database), ["previous", "current"]);
}

async fn a_node_that_runs_refuses_the_tokens_of_a_withdrawn_key(database: Database) {
    let node = node(&database, MASTER_KEY).await;
    let token = node.token_of("admin").await;

    let withdrawn = done(&database, &["keys", "withdraw", &kid_of(&token)]);
    let again = run(&database, &["keys", "withdraw", &kid_of(&token)]);

    node.until_as(&token, "/me", 401).await;
    let new = kid_of(&node.token_of("admin").await);
    assert_eq!(withdrawn, format!("Withdrawn; {new} signs.\n"));
    assert_eq!((again.code, &*again.errors), (Some(1), "error: No such key is published.\n"));
}

async fn a_key_goes_out_of_one_database_and_into_another(database: Database) {
    let other = if database.is_postgres() { Database::postgres().unwrap() } else { Database::sqlite() };
    let (here, there) = (node(&database, MASTER_KEY).await, node(&other, NEW_MASTER_KEY).await);
    let token = here.token_of("admin").await;
    let kid = kid_of(&token);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.pem");
    let path = file.to_str().unwrap();
    let of_other = [("AUTH__MASTER_KEY", NEW_MASTER_KEY)];

    done(&database, &["keys", "export", &kid, "--to", path]);
    let pem = fs::read_to_string(&file).unwrap();
    let overwriting = run(&database, &["keys", "export", &kid, "--to", path]);
    let unknown = run(&database, &["keys", "export", "-unknown", "--to", &format!("{path}.2")]);
    let imported = run_with(&other, &of_other, &["keys", "import", path]);
    let activated = run_with(&other, &of_other, &["keys", "activate"]);

    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert_eq!(mode(&file), 0o600);
    for refused in [overwriting, unknown] {
        assert_eq!(refused.code, Some(1), "{refused:?}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), pem);
    assert!(!folder.path().join("key.pem.2").exists());
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert_eq!((activated.code, activated.output), (Some(0), format!("{kid} signs now.\n")));
    there.until_as(&token, "/me", 200).await;
    let theirs = eventually(async || Some(there.token_of("admin").await).filter(|theirs| kid_of(theirs) == kid)).await;
    assert_eq!(here.get_as(&theirs, "/me").await.status, 200);
}

async fn a_key_that_cannot_be_imported_is_refused(database: Database) {
    init(&database);
    let folder = TempDir::new().unwrap();
    let [good, bad, missing] = ["good.pem", "bad.pem", "missing.pem"].map(|name| folder.path().join(name));
    fs::write(&good, PRIVATE_KEY_PEM).unwrap();
    fs::write(&bad, PRIVATE_KEY_PEM.replace("PRIVATE", "PUBLIC")).unwrap();
    let import = |file: &Path| run(&database, &["keys", "import", file.to_str().unwrap()]);

    let unreadable = [import(&bad), import(&missing)];
    let imported = import(&good);
    let while_another_is_next = import(&good);
    done(&database, &["keys", "activate"]);
    let once_more = import(&good);

    for refused in unreadable {
        assert_eq!(refused.code, Some(1), "{refused:?}");
    }
    assert_eq!(imported.code, Some(0), "{imported:?}");
    for refused in [while_another_is_next, once_more] {
        assert_eq!((refused.code, refused.errors.contains(" already\n")), (Some(1), true), "{refused:?}");
    }
    assert_eq!(stages(&database), ["previous", "current"]);
}

async fn under_a_new_master_key_the_signing_keys_stay_the_same(database: Database) {
    let before = node(&database, MASTER_KEY).await;
    let token = before.token_of("admin").await;
    before.stop().await;
    let with_new = [("AUTH__MASTER_KEY", NEW_MASTER_KEY)];
    let with_both = [with_new[0], ("AUTH__PREVIOUS_MASTER_KEY", MASTER_KEY)];

    let too_early = run_with(&database, &with_new, &["keys", "list"]);
    let rewrapped = run_with(&database, &with_both, &["keys", "rewrap"]);
    let with_old = run(&database, &["keys", "list"]);
    let start_with_old = run(&database, &[]);
    let after = node(&database, NEW_MASTER_KEY).await;

    assert_eq!((rewrapped.code, &*rewrapped.errors), (Some(0), ""), "{rewrapped:?}");
    for refused in [too_early, with_old, start_with_old] {
        assert_eq!(refused.code, Some(2), "{refused:?}");
        let line = format!("error: AUTH__MASTER_KEY: the master key does not open the key {}", kid_of(&token));
        assert!(refused.errors.contains(&line), "{refused:?}");
    }
    assert_eq!(after.get_as(&token, "/me").await.status, 200);
    assert_eq!(kid_of(&after.token_of("admin").await), kid_of(&token));
}

async fn an_admin_is_made_with_a_password_from_the_standard_input(database: Database) {
    init(&database);

    let made = create_admin(&database, "root", "hunter2 hunter2\n");

    let node = TestApp::spawn_with(database.clone(), config_under(&database, MASTER_KEY)).await;
    let login = json!({ "username": "root", "password": "hunter2 hunter2" });
    let token = node.post("/login", &login).await.json()["access_token"].take();
    assert_eq!((made.code, &*made.output, &*made.errors), (Some(0), "root is an admin now.\n", ""));
    assert_eq!(node.get_as(token.as_str().unwrap(), "/users").await.status, 200);
}

async fn an_admin_who_cannot_be_is_refused(database: Database) {
    init(&database);
    create_admin(&database, "root", PASSWORD);

    for (username, password, why) in [
        ("root", PASSWORD, "Username already exists"),
        ("Root", PASSWORD, "Username already exists"),
        ("boss", "short", "A password has 8 to 1024 bytes"),
        ("boss", "", "A password has 8 to 1024 bytes"),
        ("", PASSWORD, "A username "),
    ] {
        let refused = create_admin(&database, username, password);

        assert_eq!((refused.code, &*refused.output), (Some(1), ""), "{username}");
        assert!(refused.errors.starts_with(&format!("error: {why}")), "{refused:?}");
    }
    assert_eq!(database.rows("SELECT username AS text FROM users"), ["root"]);
}

async fn the_schema_is_made_and_nothing_else(database: Database) {
    for _ in 0..2 {
        let migrated = run(&database, &["migrate"]);

        assert_eq!((migrated.code, &*migrated.errors), (Some(0), ""), "{migrated:?}");
    }
    for table in ["users", "signing_keys", "verifiers"] {
        assert_eq!(database.rows(&format!("SELECT CAST(COUNT(*) AS TEXT) AS text FROM {table}")), ["0"]);
    }
}

async fn init_makes_what_a_first_start_needs_once(database: Database) {
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
    assert_eq!(first.output, format!("Ready: the schema is up to date, {kid} signs.\n"));
    assert_eq!(second.output, first.output);
    assert_eq!((mode(&file), key.len()), (0o600, 44));
    assert_eq!(fs::read_to_string(&file).unwrap(), key);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(database.rows("SELECT username AS text FROM users ORDER BY id"), ["admin", "user_01", "user_02"]);
    let serving = TestApp::spawn_with(database.clone(), config_under(&database, &key)).await;
    assert_eq!(serving.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"], kid);
}

#[test]
fn what_is_wrong_with_a_setting_or_an_argument_has_an_exit_code_of_its_own() {
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
fn a_key_from_the_settings_cannot_be_changed_by_command() {
    let database = Database::sqlite();

    for arguments in [&["keys", "list"][..], &["keys", "rotate"], &["keys", "withdraw", "x"], &["keys", "rewrap"]] {
        let ended = run_with(&database, &[("AUTH__KEYS__PRIVATE_KEY", PRIVATE_KEY_PEM)], arguments);

        assert_eq!((ended.code, &*ended.output), (Some(1), ""), "{arguments:?}");
        assert!(ended.errors.contains("AUTH__KEYS__PRIVATE_KEY"), "{ended:?}");
    }
}

#[test]
fn the_settings_are_shown_without_a_secret() {
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

/// A node whose keys are in the database, sealed under this master key, and whose admin is `admin`.
async fn node(database: &Database, master_key: &str) -> TestApp {
    TestApp::spawn_with(database.clone(), and_admin(config_under(database, master_key))).await
}

fn config_under(database: &Database, master_key: &str) -> auth_service::Config {
    let mut config = config_with_own_keys(database);
    config.master_key = Some(Secret::new(master_key.to_owned()));
    config
}

/// Prepares the database and gives the id of its key.
fn init(database: &Database) -> String {
    done(database, &["init"]);
    database.rows("SELECT kid AS text FROM signing_keys").remove(0)
}

/// What a command says that must be done.
fn done(database: &Database, arguments: &[&str]) -> String {
    let ended = run(database, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.output
}

fn run(database: &Database, arguments: &[&str]) -> Ended {
    run_with(database, &[], arguments)
}

/// With these variables before the usual ones.
fn run_with(database: &Database, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    Program::start(PROGRAM, arguments, &[&usual_variables(database), variables].concat()).end()
}

fn create_admin(database: &Database, username: &str, input: &str) -> Ended {
    Program::start_with_input(PROGRAM, &["create-admin", username], &usual_variables(database), input).end()
}

fn usual_variables(database: &Database) -> [(&str, &str); 5] {
    [
        ("AUTH__DATABASE__URL", database.url()),
        ("AUTH__MASTER_KEY", MASTER_KEY),
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__PASSWORDS__MEMORY_KIB", "64"),
        ("AUTH__PASSWORDS__ITERATIONS", "1"),
    ]
}

/// A verifier of that name has just asked for the keys, and holds none.
fn ask(database: &Database, instance: &str) {
    let now = UnixTime::now().seconds();
    database.execute(&format!("INSERT INTO verifiers (instance, etag, seen_at) VALUES ('{instance}', '', {now})"));
}

fn stages(database: &Database) -> Vec<String> {
    let report: Value = serde_json::from_str(&done(database, &["keys", "list", "--json"])).unwrap();
    let keys = report["keys"].as_array().unwrap().iter();
    keys.map(|key| key["stage"].as_str().unwrap().to_owned()).collect()
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}
