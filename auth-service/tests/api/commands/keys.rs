//! `auth-service keys`.

use std::{fs, path::Path};

use serde_json::Value;
use service_kit::testing::eventually;
use shared::{
    UnixTime,
    testing::{PRIVATE_KEY_PEM, kid_of},
};
use tempfile::TempDir;

use super::{NEW_MASTER_KEY, config_with_master_key, done, init, mode, run, run_with};
use crate::support::{Database, MASTER_KEY, TestApp, and_admin};

on_both_databases!(
    the_key_list_matches_that_of_the_service,
    the_key_list_is_printed_as_a_table,
    a_running_node_adopts_a_rotation_by_command,
    activation_is_rejected_naming_the_verifiers_that_lack_the_key,
    a_running_node_rejects_tokens_of_a_withdrawn_key,
    a_key_is_exported_from_one_database_and_imported_into_another,
    a_key_that_cannot_be_imported_is_rejected,
    rewrapping_under_a_new_master_key_keeps_the_signing_keys,
);

async fn the_key_list_matches_that_of_the_service(database: Database) {
    let node = node(&database, MASTER_KEY).await;
    done(&database, &["keys", "rotate"]);
    record_verifier(&database, "replica-1");

    let listed: Value = serde_json::from_str(&done(&database, &["keys", "list", "--json"])).unwrap();

    let token = node.token_of("admin").await;
    eventually(async || (node.get_as(&token, "/keys").await.json() == listed).then_some(())).await;
}

async fn the_key_list_is_printed_as_a_table(database: Database) {
    let current = init(&database);
    done(&database, &["keys", "rotate"]);
    record_verifier(&database, "replica-1");

    let table = done(&database, &["keys", "list"]);

    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0].join(" "), "KEY ID STAGE SIGNS FROM PUBLISHED UNTIL LACKED BY");
    assert_eq!((rows[1][0], rows[1][1], rows[1].last().unwrap()), (&*current, "current", &"replica-1"));
    assert_eq!((rows[2][1], rows[2].last().unwrap()), ("next", &"replica-1"));
    let year = &rows[1][2][..2];
    assert!(year == "20" && rows[1][2].ends_with('Z'), "{table}");
    assert!(table.ends_with("\nLive verifiers: replica-1\n"), "{table}");
}

async fn a_running_node_adopts_a_rotation_by_command(database: Database) {
    let node = node(&database, MASTER_KEY).await;
    let old = node.token_of("admin").await;

    let published = done(&database, &["keys", "rotate"]);
    let activated = done(&database, &["keys", "activate"]);
    let nothing_next = run(&database, &["keys", "activate"]);

    let kid = published.split_once(" is published, and signs from ").unwrap().0;
    assert_eq!(activated, format!("{kid} signs now.\n"));
    assert_eq!((nothing_next.code, &*nothing_next.output), (Some(1), ""));
    assert!(nothing_next.errors.starts_with("error: there is no next key\n"), "{nothing_next:?}");
    let new = eventually(async || Some(node.token_of("admin").await).filter(|token| kid_of(token) == kid)).await;
    for token in [old, new] {
        assert_eq!(node.get_as(&token, "/me").await.status, 200);
    }
}

async fn activation_is_rejected_naming_the_verifiers_that_lack_the_key(database: Database) {
    init(&database);
    done(&database, &["keys", "rotate"]);
    record_verifier(&database, "replica-1");
    record_verifier(&database, "replica-2");

    let rejections = [run(&database, &["keys", "rotate"]), run(&database, &["keys", "activate"])];
    let stages_then = stages(&database);
    done(&database, &["keys", "activate", "--force"]);

    for rejected in rejections {
        assert_eq!((rejected.code, &*rejected.output), (Some(1), ""));
        assert!(rejected.errors.starts_with("error: these verifiers lack "), "{rejected:?}");
        assert!(rejected.errors.contains(": replica-1, replica-2\n") && rejected.errors.contains("--force"));
    }
    assert_eq!(stages_then, ["current", "next"]);
    assert_eq!(stages(&database), ["previous", "current"]);
}

async fn a_running_node_rejects_tokens_of_a_withdrawn_key(database: Database) {
    let node = node(&database, MASTER_KEY).await;
    let token = node.token_of("admin").await;

    let withdrawn = done(&database, &["keys", "withdraw", &kid_of(&token)]);
    let again = run(&database, &["keys", "withdraw", &kid_of(&token)]);

    node.until_as(&token, "/me", 401).await;
    let new = kid_of(&node.token_of("admin").await);
    assert_eq!(withdrawn, format!("Withdrawn; {new} signs now.\n"));
    assert_eq!((again.code, &*again.errors), (Some(1), "error: this key is not published\n"));
}

async fn a_key_is_exported_from_one_database_and_imported_into_another(database: Database) {
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
    for rejected in [overwriting, unknown] {
        assert_eq!(rejected.code, Some(1), "{rejected:?}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), pem);
    assert!(!folder.path().join("key.pem.2").exists());
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert_eq!((activated.code, activated.output), (Some(0), format!("{kid} signs now.\n")));
    there.until_as(&token, "/me", 200).await;
    let theirs = eventually(async || Some(there.token_of("admin").await).filter(|theirs| kid_of(theirs) == kid)).await;
    assert_eq!(here.get_as(&theirs, "/me").await.status, 200);
}

async fn a_key_that_cannot_be_imported_is_rejected(database: Database) {
    init(&database);
    let folder = TempDir::new().unwrap();
    let [good, bad, binary, missing] =
        ["good.pem", "bad.pem", "binary.der", "missing.pem"].map(|name| folder.path().join(name));
    fs::write(&good, format!("\u{feff}{}", PRIVATE_KEY_PEM.replace('\n', "\r\n"))).unwrap();
    fs::write(&binary, [0x30, 0x82, 0xff]).unwrap();
    fs::write(&bad, PRIVATE_KEY_PEM.replace("PRIVATE", "PUBLIC")).unwrap();
    let import = |file: &Path| run(&database, &["keys", "import", file.to_str().unwrap()]);

    let unreadable = [import(&bad), import(&binary), import(&missing)];
    let imported = import(&good);
    let while_another_key_is_next = import(&good);
    done(&database, &["keys", "activate"]);
    let once_more = import(&good);

    for rejected in unreadable {
        assert_eq!(rejected.code, Some(1), "{rejected:?}");
        assert!(rejected.errors.contains(folder.path().to_str().unwrap()), "{rejected:?}");
    }
    assert_eq!(imported.code, Some(0), "{imported:?}");
    for rejected in [while_another_key_is_next, once_more] {
        assert_eq!((rejected.code, rejected.errors.contains(" already ")), (Some(1), true), "{rejected:?}");
    }
    assert_eq!(stages(&database), ["previous", "current"]);
}

async fn rewrapping_under_a_new_master_key_keeps_the_signing_keys(database: Database) {
    let before = node(&database, MASTER_KEY).await;
    let token = before.token_of("admin").await;
    let key_sets = async |app: &TestApp| {
        (app.get("/.well-known/jwks.json").await.json(), app.get("/.well-known/status-list-jwks.json").await.json())
    };
    let keys = key_sets(&before).await;
    before.stop().await;
    let with_new = [("AUTH__MASTER_KEY", NEW_MASTER_KEY)];
    let with_both = [with_new[0], ("AUTH__PREVIOUS_MASTER_KEY", MASTER_KEY)];

    let too_early = run_with(&database, &with_new, &["keys", "list"]);
    let rewrapped = run_with(&database, &with_both, &["keys", "rewrap"]);
    let with_old = run(&database, &["keys", "list"]);
    let start_with_old = run(&database, &[]);
    let after = node(&database, NEW_MASTER_KEY).await;

    assert_eq!((rewrapped.code, &*rewrapped.errors), (Some(0), ""), "{rewrapped:?}");
    for rejected in [too_early, with_old, start_with_old] {
        assert_eq!(rejected.code, Some(2), "{rejected:?}");
        let line = format!("error: AUTH__MASTER_KEY: the master key does not decrypt the key {}", kid_of(&token));
        assert!(rejected.errors.contains(&line), "{rejected:?}");
    }
    assert_eq!(after.get_as(&token, "/me").await.status, 200);
    assert_eq!(kid_of(&after.token_of("admin").await), kid_of(&token));
    assert_eq!(key_sets(&after).await, keys);
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

/// A node whose keys are in the database, sealed under this master key, and whose admin is `admin`.
async fn node(database: &Database, master_key: &str) -> TestApp {
    TestApp::spawn_with(database.clone(), and_admin(config_with_master_key(database, master_key))).await
}

/// Inserts a verifier that has just fetched the keys, but does not hold the current set.
fn record_verifier(database: &Database, instance: &str) {
    let now = UnixTime::now().seconds();
    database.execute(&format!("INSERT INTO verifiers (instance, etag, seen_at) VALUES ('{instance}', '', {now})"));
}

fn stages(database: &Database) -> Vec<String> {
    let report: Value = serde_json::from_str(&done(database, &["keys", "list", "--json"])).unwrap();
    let keys = report["keys"].as_array().unwrap().iter();
    keys.map(|key| key["stage"].as_str().unwrap().to_owned()).collect()
}
