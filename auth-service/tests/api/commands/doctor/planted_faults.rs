//! Faults planted in a sound system: each is found, and nothing else.

use std::{
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
};

use service_kit::testing::{
    DoctorReport, Program,
    certificates::{EXPIRED, FIRST},
};
use shared::testing::PRIVATE_KEY_PEM;
use tempfile::TempDir;

use super::{NEW_MASTER_KEY, RANDOM_KEY, sound_variables};
use crate::support::{Database, PROGRAM};

on_both_databases!(
    nothing_is_wrong_with_a_sound_system,
    a_fault_in_the_database_is_found,
    a_fault_in_the_settings_is_found_and_the_rest_is_checked,
);

/// An installation that has nothing wrong with it.
fn install(database: &Database) {
    let ended = Program::start(PROGRAM, &["init"], &sound_variables(database)).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// The report with these variables besides those of a sound system.
fn with(database: &Database, variables: &[(&str, &str)]) -> DoctorReport {
    DoctorReport::run(PROGRAM, &[&*sound_variables(database), variables].concat())
}

async fn nothing_is_wrong_with_a_sound_system(database: Database) {
    install(&database);
    let before = database.dump();

    let report = with(&database, &[]);

    assert_eq!(report.planted(), [], "{report:?}");
    let common = [
        "settings",
        "listen",
        "tls",
        "open files",
        "proxies",
        "cors",
        "limits",
        "passwords",
        "secret files",
        "secrets",
        "database",
        "version",
        "isolation",
        "migrations",
        "keys",
        "sample users",
        "issuer",
    ];
    let own = if database.is_postgres() {
        &["encoding", "writable", "pooler", "standbys", "connections", "clock"][..]
    } else {
        &["files", "disk"]
    };
    for name in common.iter().chain(own) {
        assert!(!report.detail(name).is_empty(), "{name}: {report:?}");
    }
    assert_eq!(report.checks.len(), common.len() + own.len(), "{report:?}");
    assert_eq!(database.dump(), before);
}

async fn a_fault_in_the_database_is_found(database: Database) {
    install(&database);
    for (statement, check, status) in [
        ("UPDATE signing_keys SET created_at = created_at + 3600", "keys", "error"),
        ("UPDATE signing_keys SET sealed_private_key = 'eA=='", "keys", "error"),
        ("DELETE FROM signing_keys; DELETE FROM secrets", "keys", "warning"),
        ("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')", "migrations", "warning"),
        ("DELETE FROM __diesel_schema_migrations WHERE version LIKE '20261124000001%'", "migrations", "error"),
    ] {
        database.execute(statement);

        let report = with(&database, &[]);

        assert!(report.has(check, status), "{statement}: {report:?}");
    }
}

/// Each alone has its line; together they still do.
async fn a_fault_in_the_settings_is_found_and_the_rest_is_checked(database: Database) {
    install(&database);
    let invalid = [
        ("AUTH__LISTTEN", "127.0.0.1:0"),
        ("AUTH__KEYS__BITS", "1024"),
        ("AUTH__TOKEN_LOCATION", "pockets"),
        ("AUTH__TOKENS__ACCESS_TTL_SECS", "soon"),
        ("AUTH__SAMPLE_USERS", "perhaps"),
        ("AUTH__ADMIN__USERNAME", "root"),
        ("AUTH__TRUSTED_PROXIES", "nowhere"),
        ("AUTH_CONFIG", "/nowhere/auth.toml"),
    ];

    let report = with(&database, &invalid);

    let lines: Vec<_> = report.planted().into_iter().filter(|line| *line == ("settings", "error")).collect();
    assert_eq!(lines.len(), invalid.len(), "{report:?}");
    assert_eq!((report.status("migrations"), report.status("sample users")), ("ok", "ok"), "{report:?}");
    // They depend on what is invalid, or may be in the file.
    assert_eq!((report.status("proxies"), report.status("limits")), ("", ""), "{report:?}");
}

#[test]
fn each_invalid_setting_is_an_error_by_its_name() {
    let database = Database::sqlite();
    install(&database);
    for (variable, value, left_out) in [
        ("AUTH__DATABASE__URL", "mysql://localhost/auth", "database"),
        ("AUTH__PASSWORDS__MEMORY_KIB", "1", "passwords"),
        ("AUTH__ISSUER", "https://login.example.com/", "issuer"),
        ("AUTH__KEYS__PRIVATE_KEY", "x", "keys"),
        ("AUTH__MASTER_KEY_FILE", "/nowhere/master.key", "keys"),
        ("AUTH__LISTEN", "5000", "listen"),
    ] {
        let without = if variable == "AUTH__MASTER_KEY_FILE" { &[("AUTH__MASTER_KEY", "")][..] } else { &[] };
        let report = with(&database, &[without, &[(variable, value)]].concat());

        assert_eq!((report.status("settings"), report.status(left_out)), ("error", ""), "{variable}: {report:?}");
        assert!(report.detail("settings").contains(variable), "{variable}: {report:?}");
        assert_eq!(report.planted(), [("settings", "error")], "{variable}: {report:?}");
    }
}

#[test]
fn a_fault_is_found_and_nothing_else() {
    let (database, folder, address) = (Database::sqlite(), TempDir::new().unwrap(), another_program());
    install(&database);
    let files = Files::in_folder(&folder);
    for (variables, check, status) in [
        (&[("AUTH__TRUSTED_PROXIES", "0.0.0.0/0")][..], "proxies", "error"),
        (&[("AUTH__TRUSTED_PROXIES", "10.0.0.0/8,128.0.0.0/1")], "proxies", "warning"),
        (&[("AUTH__TRUSTED_PROXIES", "::/0")], "proxies", "error"),
        (&[("AUTH__LISTEN", "192.0.2.1:5000")], "listen", "error"),
        (&[("AUTH__LISTEN", &address)], "listen", "error"),
        (&[("AUTH__CORS__ORIGINS", "http://app.example.com")], "cors", "warning"),
        (&[("AUTH__LIMITS__ENABLED", "false")], "limits", "warning"),
        (&[("AUTH__PASSWORDS__MEMORY_KIB", "64")], "passwords", "warning"),
        (&[("AUTH__PASSWORDS__ITERATIONS", "1")], "passwords", "warning"),
        (&[("AUTH__PREVIOUS_MASTER_KEY", NEW_MASTER_KEY)], "secrets", "warning"),
        (&[("AUTH__KEYS__PRIVATE_KEY", PRIVATE_KEY_PEM)], "secrets", "error"),
        (&[("AUTH__ADMIN__USERNAME", "root"), ("AUTH__ADMIN__PASSWORD", "iloveyou1")], "secrets", "warning"),
        (&[("AUTH__MASTER_KEY", ""), ("AUTH__MASTER_KEY_FILE", &files.open_secret)], "secret files", "warning"),
        (&[("AUTH__ISSUER", "http://0.0.0.0:1")], "transport", "warning"),
        (&[("AUTH__TLS__CERT", &files.cert), ("AUTH__TLS__KEY", "/nowhere/tls.key")], "tls", "error"),
        (&[("AUTH__TLS__CERT", &files.cert)], "tls", "error"),
        (&[("AUTH__TLS__CERT", &files.expired), ("AUTH__TLS__KEY", &files.key_of_expired)], "tls", "error"),
        (&[("AUTH__TLS__CERT", &files.cert), ("AUTH__TLS__KEY", &files.open_key)], "tls", "warning"),
    ] {
        let report = with(&database, variables);

        assert_eq!(report.planted(), [(check, status)], "{variables:?}: {report:?}");
    }
}

#[test]
fn a_low_limit_on_open_files_is_found() {
    let database = Database::sqlite();
    install(&database);

    let script = r#"ulimit -n 300 && exec "$0" doctor --json"#;
    let ended = Program::start("/bin/sh", &["-c", script, PROGRAM], &sound_variables(&database)).end();

    assert_eq!(DoctorReport::of(&ended).planted(), [("open files", "warning")], "{ended:?}");
}

#[test]
fn a_password_of_the_database_that_is_easy_to_guess_is_found_and_not_printed() {
    let folder = TempDir::new().unwrap();
    for (password, expected) in [("iloveyou1", "warning"), ("qF7wzV3kLm9s", "ok")] {
        let database = Database::at(format!("postgres://ann:{password}@/auth?host={}", folder.path().display()));

        let ended = Program::start(PROGRAM, &["doctor", "--json"], &sound_variables(&database)).end();

        let report = DoctorReport::of(&ended);
        assert_eq!((report.status("secrets"), report.status("database")), (expected, "error"), "{report:?}");
        assert!(!format!("{ended:?}").contains(password), "{ended:?}");
    }
}

#[test]
fn a_pool_that_the_server_does_not_accept_is_found() {
    let Some(database) = Database::postgres() else { return };
    install(&database);

    let report = with(&database, &[("AUTH__DATABASE__CONNECTIONS", "1000")]);

    assert_eq!(report.planted(), [("connections", "error")], "{report:?}");
}

/// The address of a program that closes each connection at once.
fn another_program() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().for_each(drop));
    address
}

struct Files {
    open_secret: String,
    cert: String,
    open_key: String,
    expired: String,
    key_of_expired: String,
}

impl Files {
    fn in_folder(folder: &TempDir) -> Self {
        let write = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            set_mode(&path, mode);
            path.to_str().unwrap().to_owned()
        };
        Self {
            open_secret: write("master.key", RANDOM_KEY, 0o644),
            cert: write("cert.pem", FIRST.cert, 0o644),
            open_key: write("open.key", FIRST.key, 0o644),
            expired: write("expired.pem", EXPIRED.cert, 0o644),
            key_of_expired: write("expired.key", EXPIRED.key, 0o600),
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
