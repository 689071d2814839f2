//! What a start does, refuses to do, and leaves behind.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use auth_service::{App, Config};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use shared::{
    UnixTime,
    service::{Secret, StartError},
};

use crate::support::{Database, MASTER_KEY, PASSWORD, TestApp, config_for, config_with_own_keys, start_at_once};

on_both_databases!(
    the_sample_users_are_the_guides_three,
    nobody_is_made_unless_asked_for,
    sample_users_are_for_an_empty_database_only,
    the_first_admin_is_made_once,
    a_first_admin_goes_well_with_sample_users,
    a_first_admin_without_a_good_password_is_refused,
    a_first_admin_without_a_good_name_is_refused,
    a_first_admin_whose_name_is_a_users_is_refused,
    users_and_keys_survive_a_restart,
    another_master_key_is_refused_by_name,
    what_is_no_master_key_is_refused_by_name,
    what_is_no_private_key_is_refused_by_name,
    password_settings_that_cannot_be_are_refused_by_name,
    a_port_that_is_taken_is_refused_by_name,
    four_nodes_that_start_at_once_share_one_key_and_one_set_of_users,
    no_secret_is_in_the_database_in_plain,
);

async fn the_sample_users_are_the_guides_three(database: Database) {
    let mut config = config_for(&database);
    config.sample_users = true;
    let app = TestApp::spawn_with(database, config).await;

    let admin = app.post("/login", &json!({ "username": "admin", "password": "admin123" })).await.json();

    for (username, password) in [("user_01", "1234"), ("user_02", "5678")] {
        assert_eq!(app.post("/login", &json!({ "username": username, "password": password })).await.status, 200);
    }
    let expected = json!({ "users": [
        { "id": 1, "username": "admin", "role": "admin" },
        { "id": 2, "username": "user_01", "role": "user" },
        { "id": 3, "username": "user_02", "role": "user" },
    ] });
    assert_eq!(app.get_as(admin["access_token"].as_str().unwrap(), "/users").await.json(), expected);
}

async fn nobody_is_made_unless_asked_for(database: Database) {
    let _app = TestApp::spawn_with(database.clone(), config_for(&database)).await;

    assert_eq!(usernames(&database), [""; 0]);
}

async fn sample_users_are_for_an_empty_database_only(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    app.register("john").await;
    app.stop().await;
    let mut config = config_for(&database);
    config.sample_users = true;

    let _app = TestApp::spawn_with(database.clone(), config).await;

    assert_eq!(usernames(&database), ["john"]);
}

async fn the_first_admin_is_made_once(database: Database) {
    TestApp::spawn(database.clone()).await.stop().await;
    let mut config = with_admin(&database, "another", "another password");
    config.sample_users = true;

    let app = TestApp::spawn_with(database.clone(), config).await;

    assert_eq!(usernames(&database), ["admin"]);
    assert_eq!(app.log_in("admin").await.status, 200);
}

async fn a_first_admin_goes_well_with_sample_users(database: Database) {
    let mut config = with_admin(&database, "root", PASSWORD);
    config.sample_users = true;

    let _app = TestApp::spawn_with(database.clone(), config).await;

    // One of the samples is an admin.
    assert_eq!(usernames(&database), ["admin", "user_01", "user_02"]);
}

async fn a_first_admin_without_a_good_password_is_refused(database: Database) {
    for password in ["", "seven 7"] {
        let message = refusal(with_admin(&database, "root", password)).await;

        assert_eq!(message, "AUTH__ADMIN__PASSWORD: A password has 8 to 1024 bytes\n  Set a longer one.");
    }
    assert_eq!(usernames(&database), [""; 0]);
}

async fn a_first_admin_without_a_good_name_is_refused(database: Database) {
    let message = refusal(with_admin(&database, " root", PASSWORD)).await;

    assert!(message.starts_with("AUTH__ADMIN__USERNAME: A username has 1 to 80 characters"), "{message}");
}

async fn a_first_admin_whose_name_is_a_users_is_refused(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_for(&database)).await;
    app.register("Root").await;
    app.stop().await;

    let message = refusal(with_admin(&database, "root", PASSWORD)).await;

    assert!(message.contains("A user of the admin's name may exist already"), "{message}");
    assert_eq!(database.rows("SELECT role AS text FROM users"), ["user"]);
}

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

async fn another_master_key_is_refused_by_name(database: Database) {
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
    let mut config = config_with_own_keys(&database);
    config.master_key = Some(Secret::new(STANDARD.encode([7; 32])));

    let message = refusal(config).await;

    assert!(message.starts_with("AUTH__MASTER_KEY: the master key does not open the key "), "{message}");
    assert!(message.ends_with("\n  Give the master key that it was sealed under."), "{message}");
}

async fn what_is_no_master_key_is_refused_by_name(database: Database) {
    for key in ["", "x", &STANDARD.encode([7; 31]), &STANDARD.encode([7; 33]), &"7".repeat(64)] {
        let mut config = config_with_own_keys(&database);
        config.master_key = Some(Secret::new(key.to_owned()));

        let message = refusal(config).await;

        assert!(message.starts_with("AUTH__MASTER_KEY: it is not 32 bytes in base64\n"), "{message}");
        assert!(message.contains("`openssl rand -base64 32`"), "{message}");
        assert!(key.is_empty() || !message.contains(key), "{message}");
    }
}

async fn what_is_no_private_key_is_refused_by_name(database: Database) {
    for key in
        ["", "x", shared::testing::PUBLIC_KEY_PEM, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
    {
        let mut config = config_for(&database);
        config.keys.private_key = Some(Secret::new(key.to_owned()));

        let message = refusal(config).await;

        assert!(message.starts_with("AUTH__KEYS__PRIVATE_KEY: it is not "), "{message}");
    }
}

async fn password_settings_that_cannot_be_are_refused_by_name(database: Database) {
    let mut config = config_for(&database);
    config.passwords.memory_kib = 1;

    let message = refusal(config).await;

    assert!(message.starts_with("AUTH__PASSWORDS__MEMORY_KIB: argon2 does not take these parameters"), "{message}");
}

async fn a_port_that_is_taken_is_refused_by_name(database: Database) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = config_for(&database);
    config.listen = taken.local_addr().unwrap();

    let message = refusal(config).await;

    assert!(message.starts_with("AUTH__LISTEN: 127.0.0.1:"), "{message}");
    assert!(message.contains(" is taken by another program\n"), "{message}");
}

async fn four_nodes_that_start_at_once_share_one_key_and_one_set_of_users(database: Database) {
    let mut config = config_with_own_keys(&database);
    config.sample_users = true;
    config.admin.username = Some("root".to_owned());
    config.admin.password = Some(Secret::new(PASSWORD.to_owned()));

    let nodes: Vec<_> = start_at_once(vec![config; 4]).into_iter().map(Result::unwrap).collect();

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

async fn no_secret_is_in_the_database_in_plain(database: Database) {
    let app = TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await;
    app.register("john").await;
    let token = app.token_of("john").await;

    let dump = database.dump();

    let kid = app.get("/.well-known/jwks.json").await.json()["keys"][0]["kid"].as_str().unwrap().to_owned();
    assert!(dump.contains(&kid) && dump.contains("john"), "{dump}");
    assert!(!dump.contains(PASSWORD) && !dump.contains(&token) && !dump.contains("PRIVATE KEY"), "{dump}");
    // PKCS #8 of an RSA key begins with the algorithm's object identifier, whatever the key is.
    let rsa_encryption = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    for sealed in database.rows("SELECT sealed_private_key AS text FROM signing_keys") {
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
async fn postgresql_without_a_master_key_is_refused_and_told_how_to_make_one() {
    let Some(database) = Database::postgres() else { return };
    let mut config = config_with_own_keys(&database);
    config.master_key = None;

    let message = refusal(config).await;

    assert!(message.starts_with("AUTH__MASTER_KEY: it is not set"), "{message}");
    assert!(message.contains("`openssl rand -base64 32`"), "{message}");
}

#[actix_web::test]
async fn a_database_that_is_not_there_is_refused_by_name() {
    for url in ["postgres://user:pa55word@127.0.0.1:1/auth", "sqlite:///proc/nowhere/auth.db", "mysql://x/y", ""] {
        let mut config = Config::default();
        config.listen.set_port(0);
        config.database.url = Secret::new(url.to_owned());
        config.database.start_wait_secs = 0;

        let message = refusal(config).await;

        assert!(message.starts_with("AUTH__DATABASE__URL: "), "{message}");
        assert!(!message.contains("pa55word"), "{message}");
    }
}

#[actix_web::test]
async fn a_schema_that_is_somebody_elses_is_refused_by_name() {
    let Some(database) = Database::postgres() else { return };
    database.execute("CREATE TABLE users (id INT)");

    let message = refusal(config_for(&database)).await;

    assert!(message.starts_with("AUTH__DATABASE__URL: the schema cannot be brought up to date"), "{message}");
}

#[actix_web::test]
async fn the_files_are_for_their_owner_alone() {
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
async fn a_master_key_file_that_is_lost_is_missed() {
    let database = Database::sqlite();
    TestApp::spawn_with(database.clone(), config_with_own_keys(&database)).await.stop().await;
    fs::remove_file(database.file().with_file_name("master.key")).unwrap();

    let message = refusal(config_with_own_keys(&database)).await;

    assert!(message.starts_with("AUTH__MASTER_KEY: "), "{message}");
    assert!(
        message.contains("master.key is missing, and the signing keys in the database are sealed under it"),
        "{message}"
    );
}

#[actix_web::test]
async fn a_key_that_is_configured_is_kept_nowhere() {
    let database = Database::sqlite();
    let mut config = config_for(&database);
    config.master_key = Some(Secret::new(MASTER_KEY.to_owned()));

    let _app = TestApp::spawn_with(database.clone(), config).await;

    assert_eq!(database.rows("SELECT kid AS text FROM signing_keys"), [""; 0]);
    assert!(!database.file().with_file_name("master.key").exists());
}

#[actix_web::test]
async fn a_number_that_a_user_had_does_not_come_back_after_a_restart() {
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

fn usernames(database: &Database) -> Vec<String> {
    database.rows("SELECT username AS text FROM users ORDER BY id")
}

fn with_admin(database: &Database, username: &str, password: &str) -> Config {
    let mut config = config_for(database);
    config.admin.username = Some(username.to_owned());
    config.admin.password = Some(Secret::new(password.to_owned()));
    config
}

/// What the start says, which must fail.
async fn refusal(config: Config) -> String {
    let refused: Result<App, StartError> = App::build(config).await;
    refused.err().unwrap().to_string()
}
