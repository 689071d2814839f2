//! TLS: an issuer with a certificate.

use std::{fs, path::PathBuf};

use auth_service::Config;
use service_kit::{
    TlsConfig,
    testing::{
        Program,
        certificates::{FIRST, SECOND},
    },
};
use tempfile::TempDir;

use crate::support::{Database, PROGRAM, TestApp, and_admin, config_for};

on_both_databases!(with_a_certificate_users_log_in_over_tls);

async fn with_a_certificate_users_log_in_over_tls(database: Database) {
    let (folder, tls) = files();
    let config = Config { tls, ..and_admin(config_for(&database)) };
    let app = TestApp::spawn_with(database, config).await;

    let token = app.token_of("admin").await;
    let me = app.get_as(&token, "/me").await;

    assert!(app.url().starts_with("https://"), "{}", app.url());
    assert_eq!((me.status, me.header("strict-transport-security")), (200, Some("max-age=31536000")));
    me.assert_browser_rules();
    drop(folder);
}

#[actix_web::test]
async fn the_health_check_speaks_tls_too() {
    let (folder, tls) = files();
    let database = Database::sqlite();
    let app = TestApp::spawn_with(database.clone(), Config { tls, ..config_for(&database) }).await;
    app.until("/health/live", 200).await;
    let address = app.url().trim_start_matches("https://").to_owned();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));

    let variables = [
        ("AUTH__LISTEN", &*address),
        ("AUTH__TLS__CERT", cert.to_str().unwrap()),
        ("AUTH__TLS__KEY", key.to_str().unwrap()),
    ];
    let check = move |variables: &[(&str, &str)]| Program::start(PROGRAM, &["healthcheck", "--live"], variables).end();

    assert_eq!(check(&variables).code, Some(0));
    assert_eq!(check(&variables[..1]).code, Some(1));
}

#[test]
fn an_unusable_certificate_is_reported_by_name() {
    let (folder, tls) = files();
    fs::write(folder.path().join("key.pem"), SECOND.key).unwrap();
    let database = format!("sqlite://{}/auth.db", folder.path().display());

    let variables = [
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__DATABASE__URL", &*database),
        ("AUTH__TLS__CERT", tls.cert.as_ref().unwrap().to_str().unwrap()),
        ("AUTH__TLS__KEY", tls.key.as_ref().unwrap().to_str().unwrap()),
    ];
    let ended = Program::start(PROGRAM, &[], &variables).end();

    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.errors.contains("error: AUTH__TLS__KEY: the private key in "), "{ended:?}");
}

/// A certificate and its key in files, and the settings that name them.
fn files() -> (TempDir, TlsConfig) {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, pem: &str| -> Option<PathBuf> {
        let path = folder.path().join(name);
        fs::write(&path, pem).unwrap();
        Some(path)
    };
    let tls = TlsConfig { cert: file("cert.pem", FIRST.cert), key: file("key.pem", FIRST.key) };
    (folder, tls)
}
