//! What is stored, and what survives a restart.

use std::{fs, os::unix::fs::PermissionsExt};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use shared::{Secret, UnixTime};

use super::usernames;
use crate::support::{Database, MASTER_KEY, PASSWORD, TestApp, config_for, config_with_own_keys, start_concurrently};

on_both_databases!(
    users_and_keys_survive_a_restart,
    four_nodes_starting_concurrently_share_one_key_and_one_set_of_users,
    the_database_contains_no_plaintext_secrets,
);

async fn users_and_keys_survive_a_restart(database: Database) {
    let before = TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await;
    let token = before.token_of_new("john").await;
    let keys = before.get("/.well-known/jwks.json").await.json();
    before.stop().await;

    let after = TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await;

    assert_eq!(after.get("/.well-known/jwks.json").await.json(), keys);
    assert_eq!(after.get_as(&token, "/me").await.json(), json!({ "id": 1, "username": "john", "role": "user" }));
    assert_eq!(after.log_in("john").await.status, 200);
    assert_eq!(after.register("jane").await.status, 201);
}

async fn four_nodes_starting_concurrently_share_one_key_and_one_set_of_users(database: Database) {
    let mut config = config_with_own_keys(&database);
    config.sample_users = true;
    config.admin.username = Some("root".to_owned());
    config.admin.password = Some(Secret::new(PASSWORD.to_owned()));

    let nodes: Vec<_> = start_concurrently(vec![config; 4]).into_iter().map(Result::unwrap).collect();

    assert_eq!(database.rows("SELECT kid AS text FROM signing_keys").len(), 1);
    assert_eq!(usernames(&database), ["admin", "user_01", "user_02"]);
    let login = json!({ "username": "admin", "password": "admin123" });
    for issuer in &nodes {
        let token = issuer.api.post("/login", &login).await.json()["access_token"].take();
        for node in &nodes {
            assert_eq!(node.api.get_as(token.as_str().unwrap(), "/me").await.status, 200);
        }
    }
}

async fn the_database_contains_no_plaintext_secrets(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await;
    app.register("john").await;
    let token = app.token_of("john").await;

    let dump = database.dump();

    let kid = app.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert!(dump.contains(&kid) && dump.contains("john"), "{dump}");
    assert!(!dump.contains(PASSWORD) && !dump.contains(&token) && !dump.contains("PRIVATE KEY"), "{dump}");
    // PKCS #8 of an RSA key begins with the algorithm's object identifier, whatever the key is.
    let rsa_encryption = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let sealed = ["sealed_private_key", "sealed_list_key", "sealed_id_key"]
        .map(|column| database.rows(&format!("SELECT {column} AS text FROM signing_keys")));
    for sealed in sealed.concat() {
        let bytes = STANDARD.decode(&sealed).unwrap();
        assert!(bytes.len() > 1000 && !bytes.windows(9).any(|window| window == rsa_encryption), "{sealed}");
    }
    for hash in database.rows("SELECT password_hash AS text FROM users") {
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
    }
}

#[actix_web::test]
async fn two_users_with_one_password_have_two_hashes() {
    let database = Database::sqlite();
    let app = TestApp::spawn(database.clone()).await;

    app.register("john").await;

    let hashes = database.rows("SELECT password_hash AS text FROM users");
    assert_ne!(hashes[0], hashes[1]);
}

#[actix_web::test]
async fn the_files_are_readable_by_their_owner_only() {
    let database = Database::sqlite();
    let app = TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await;
    app.register("john").await;

    let folder = database.file().parent().unwrap().to_owned();

    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["auth.db", "auth.db-shm", "auth.db-wal", "master.key"]);
}

#[actix_web::test]
async fn a_configured_key_is_not_stored() {
    let database = Database::sqlite();
    let mut config = config_for(&database);
    config.master_key = Some(Secret::new(MASTER_KEY.to_owned()));

    let _app = TestApp::spawn_with(database.clone(), config).await;

    assert_eq!(database.rows("SELECT kid AS text FROM signing_keys"), [""; 0]);
    assert!(!database.file().with_file_name("master.key").exists());
}

#[actix_web::test]
async fn the_id_of_a_deleted_user_is_not_reused_after_a_restart() {
    let database = Database::sqlite();
    let app = TestApp::spawn(database.clone()).await;
    app.register("john").await;
    app.stop().await;
    database.execute("DELETE FROM users WHERE username = 'john'");

    let app = TestApp::spawn(database.clone()).await;
    app.register("jane").await;

    assert_eq!(app.users().await[1]["id"], 3);
    let created_at: i64 = database.rows("SELECT CAST(created_at AS TEXT) AS text FROM users")[1].parse().unwrap();
    assert!((UnixTime::now().seconds() - created_at).abs() < 60, "{created_at}");
}
