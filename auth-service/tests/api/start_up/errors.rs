//! Errors at startup, each of which names its setting.

use std::{fs, net::TcpListener};

use auth_service::Config;
use base64::{Engine, engine::general_purpose::STANDARD};
use shared::Secret;

use super::start_error;
use crate::support::{Database, TestApp, config_for, config_with_own_keys};

on_both_databases!(
    the_wrong_master_key_is_rejected_by_name,
    a_damaged_key_is_not_taken_for_a_wrong_master_key,
    a_damaged_secret_is_not_taken_for_a_wrong_master_key,
    an_invalid_master_key_is_rejected_by_name,
    an_invalid_private_key_is_rejected_by_name,
    a_private_key_that_verifiers_would_reject_is_rejected_by_name,
    invalid_password_settings_are_rejected_by_name,
    a_port_in_use_is_reported_by_name,
);

async fn the_wrong_master_key_is_rejected_by_name(database: Database) {
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
    let mut config = config_with_own_keys(&database);
    config.master_key = Some(Secret::new(STANDARD.encode([7; 32])));

    let message = start_error(config).await;

    assert!(message.starts_with("AUTH__MASTER_KEY: the master key does not decrypt the key "), "{message}");
    assert!(message.ends_with("\n  Set the master key under which it was encrypted."), "{message}");
}

async fn a_damaged_key_is_not_taken_for_a_wrong_master_key(database: Database) {
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
    let kid = database.rows("SELECT kid AS text FROM signing_keys").remove(0);

    for damaged in ["'AAAA' || substr(sealed_private_key, 5)", "'damaged'", "''"] {
        database.execute(&format!("UPDATE signing_keys SET sealed_private_key = {damaged}"));
        let message = start_error(config_with_own_keys(&database)).await;

        let expected = format!("AUTH__DATABASE__URL: the key {kid} in the database is damaged");
        assert!(message.starts_with(&expected), "{damaged}: {message}");
        assert!(message.contains("delete it"), "{message}");
    }

    database.execute("DELETE FROM signing_keys");
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
}

async fn a_damaged_secret_is_not_taken_for_a_wrong_master_key(database: Database) {
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
    database.execute("UPDATE secrets SET sealed = 'AAAA' || substr(sealed, 5)");

    let message = start_error(config_with_own_keys(&database)).await;

    let expected = "AUTH__DATABASE__URL: the key refresh-tokens in the database is damaged";
    assert!(message.starts_with(expected), "{message}");
}

async fn an_invalid_master_key_is_rejected_by_name(database: Database) {
    for key in ["", "x", &STANDARD.encode([7; 31]), &STANDARD.encode([7; 33]), &"7".repeat(64)] {
        let mut config = config_with_own_keys(&database);
        config.master_key = Some(Secret::new(key.to_owned()));

        let message = start_error(config).await;

        assert!(message.starts_with("AUTH__MASTER_KEY: it is not 32 bytes in base64\n"), "{message}");
        assert!(message.contains("`openssl rand -base64 32`"), "{message}");
        assert!(key.is_empty() || !message.contains(key), "{message}");
    }
}

async fn an_invalid_private_key_is_rejected_by_name(database: Database) {
    for key in [
        "",
        "x",
        shared::testing::PUBLIC_KEY_PEM,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
    ] {
        let mut config = config_for(&database);
        config.keys.private_key = Some(Secret::new(key.to_owned()));

        let message = start_error(config).await;

        assert!(message.starts_with("AUTH__KEYS__PRIVATE_KEY: it is not "), "{message}");
    }
}

async fn a_private_key_that_verifiers_would_reject_is_rejected_by_name(database: Database) {
    let mut config = config_for(&database);
    config.keys.private_key = Some(Secret::new(include_str!("../support/small_exponent.pem").to_owned()));

    let message = start_error(config).await;

    assert!(message.starts_with("AUTH__KEYS__PRIVATE_KEY: its exponent is "), "{message}");
}

async fn invalid_password_settings_are_rejected_by_name(database: Database) {
    let mut config = config_for(&database);
    config.passwords.memory_kib = 1;

    let message = start_error(config).await;

    assert!(message.starts_with("AUTH__PASSWORDS__MEMORY_KIB: invalid argon2 parameters"), "{message}");
}

async fn a_port_in_use_is_reported_by_name(database: Database) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = config_for(&database);
    config.listen = taken.local_addr().unwrap();

    let message = start_error(config).await;

    assert!(message.starts_with("AUTH__LISTEN: 127.0.0.1:"), "{message}");
    assert!(message.contains(" is already in use\n"), "{message}");
}

#[actix_web::test]
async fn postgresql_without_a_master_key_is_rejected_with_instructions() {
    let Some(database) = Database::postgres() else { return };
    let mut config = config_with_own_keys(&database);
    config.master_key = None;

    let message = start_error(config).await;

    assert!(message.starts_with("AUTH__MASTER_KEY: it is not set"), "{message}");
    assert!(message.contains("`openssl rand -base64 32`"), "{message}");
}

#[actix_web::test]
async fn an_unreachable_database_is_reported_with_its_setting() {
    for url in ["postgres://user:pa55word@127.0.0.1:1/auth", "sqlite:///proc/nowhere/auth.db", "mysql://x/y", ""] {
        let mut config = Config::default();
        config.listen.set_port(0);
        config.database.url = Secret::new(url.to_owned());
        config.database.start_wait_secs = 0;

        let message = start_error(config).await;

        assert!(message.starts_with("AUTH__DATABASE__URL: "), "{message}");
        assert!(!message.contains("pa55word"), "{message}");
    }
}

#[actix_web::test]
async fn a_foreign_schema_is_rejected_by_name() {
    let Some(database) = Database::postgres() else { return };
    database.execute("CREATE TABLE users (id INT)");

    let message = start_error(config_for(&database)).await;

    assert!(message.starts_with("AUTH__DATABASE__URL: failed to migrate the schema"), "{message}");
}

#[actix_web::test]
async fn a_missing_master_key_file_is_reported() {
    let database = Database::sqlite();
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
    fs::remove_file(database.file().with_file_name("master.key")).unwrap();

    let message = start_error(config_with_own_keys(&database)).await;

    assert!(message.starts_with("AUTH__MASTER_KEY: "), "{message}");
    assert!(
        message.contains("master.key is missing, but the signing keys in the database are encrypted under it"),
        "{message}"
    );
}

#[actix_web::test]
async fn no_master_key_is_created_if_it_is_unknown_whether_keys_are_sealed() {
    let database = Database::sqlite();
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
    let master_key = database.file().with_file_name("master.key");
    fs::remove_file(&master_key).unwrap();
    database.execute("ALTER TABLE signing_keys RENAME COLUMN sealed_private_key TO damaged");

    let message = start_error(config_with_own_keys(&database)).await;

    assert!(message.starts_with("AUTH__DATABASE__URL: "), "{message}");
    assert!(!master_key.exists());
}
