//! The program: settings, exit codes, shutdown.

use std::fs;

use service_kit::testing::{Api, Ended, Program, error};
use shared::testing::{PRIVATE_KEY_PEM, PUBLIC_KEY_PEM, claims, mint};
use tempfile::TempDir;

const PATH: &str = env!("CARGO_BIN_EXE_resource-service");
const ANY_PORT: (&str, &str) = ("RESOURCE__LISTEN", "127.0.0.1:0");

#[test]
fn a_private_key_is_rejected_as_a_public_one() {
    let ended = run(&[ANY_PORT, ("RESOURCE__PUBLIC_KEY", PRIVATE_KEY_PEM)]);

    assert_eq!(ended.code, Some(2));
    assert!(ended.errors.contains("error: RESOURCE__PUBLIC_KEY: "), "{ended:?}");
    assert!(!ended.errors.contains(PRIVATE_KEY_PEM.lines().nth(1).unwrap()), "{ended:?}");
}

#[test]
fn keys_are_not_fetched_over_plain_http_from_other_hosts() {
    for (variable, value) in [
        ("RESOURCE__ISSUER", "http://login.example.com"),
        ("RESOURCE__ISSUER", "http://10.0.0.1:5000"),
        ("RESOURCE__FETCH_FROM", "http://auth-service:5000"),
        ("RESOURCE__JWKS_URL", "http://login.example.com/.well-known/jwks.json"),
    ] {
        let ended = run(&[ANY_PORT, (variable, value)]);

        assert_eq!(ended.code, Some(2), "{variable}");
        assert!(ended.errors.contains(&format!("error: {variable}: ")), "{ended:?}");
        assert!(ended.errors.contains("RESOURCE__ALLOW_HTTP=true"), "{ended:?}");
    }
}

#[actix_web::test]
async fn plain_http_can_be_allowed_in_a_private_network() {
    let variables = [ANY_PORT, ("RESOURCE__FETCH_FROM", "http://auth.internal:5000"), ("RESOURCE__ALLOW_HTTP", "true")];
    let mut program = Program::start(PATH, &[], &variables);

    Api::at(program.url()).until("/health/live", 200).await;
}

#[test]
fn invalid_settings_are_rejected_by_name() {
    for (variable, value) in [
        ("RESOURCE__LISTEN", "5001"),
        ("RESOURCE__ISSUER", "login.example.com"),
        ("RESOURCE__ISSUER", "ftp://login.example.com"),
        ("RESOURCE__PUBLIC_KEY", "x"),
        ("RESOURCE__PUBLIC_KEY_FILE", "/nowhere/key.pem"),
        ("RESOURCE__TOKEN_LOCATION", "pockets"),
        ("RESOURCE__USER_LOOKUP", "stars"),
        ("RESOURCE__LEEWAY_SECS", "-1"),
        ("RESOURCE__LEEWAY_SECS", "61"),
        ("RESOURCE__WORKERS", "0"),
        ("RESOURCE__WORKERS", "513"),
        ("RESOURCE__DRAIN_SECS", "18446744073709551615"),
        ("RESOURCE__KEYS__REFRESH_SECS", "18446744073709551615"),
        ("RESOURCE__KEYS__MAX_STALE_SECS", "18446744073709551615"),
        ("RESOURCE__REVOCATION__POLL_SECS", "18446744073709551615"),
        ("RESOURCE__REVOCATION__MAX_STALE_SECS", "18446744073709551615"),
        ("RESOURCE__TOKEN_CACHE__TOKENS", "18446744073709551615"),
        ("RESOURCE__TOKEN_CACHE__BYTES", "18446744073709551615"),
        ("RESOURCE__KEYS__REFRESH_SECS", "0"),
        ("RESOURCE__KEYS__MAX_STALE_SECS", "0"),
        ("RESOURCE__REVOCATION__REQUIRED", "perhaps"),
        ("RESOURCE__REVOCATION__POLL_SECS", "0"),
        ("RESOURCE__REVOCATION__MAX_STALE_SECS", "0"),
        ("RESOURCE__REVOCATION__MAX_STALE_SECS", "1"),
        ("RESOURCE__REVOCATION__ON_STALE", "ajar"),
        ("RESOURCE__REVOCATION__ROUTES", "/dashboard"),
        ("RESOURCE__REVOCATION__ROUTES", "/dashboard=ajar"),
        ("RESOURCE__REVOCATION__ROUTES", "/=open"),
        ("RESOURCE__REVOCATION__ROUTES", "/dashboard=open,/amdin=open"),
        ("RESOURCE_CONFIG", "/nowhere/resource.toml"),
    ] {
        let mut variables = vec![ANY_PORT];
        variables.retain(|(name, _)| *name != variable);
        variables.push((variable, value));

        let ended = run(&variables);

        assert_eq!(ended.code, Some(2), "{variable}={value}: {ended:?}");
        assert!(ended.errors.contains(&format!("error: {variable}: ")), "{variable}={value}: {ended:?}");
    }
}

#[test]
fn an_unknown_variable_is_rejected_with_a_suggestion() {
    let ended = run(&[("RESOURCE__ISUER", "https://login.example.com")]);

    assert_eq!(ended.code, Some(2));
    let expected = "error: RESOURCE__ISUER: unknown setting\n  Did you mean RESOURCE__ISSUER?\n";
    assert_eq!(ended.errors, expected);
}

#[test]
fn help_explains_how_settings_are_named() {
    let ended = Program::start(PATH, &["--help"], &[]).end();

    assert_eq!(ended.code, Some(0));
    for name in ["RESOURCE__LISTEN", "RESOURCE__ISSUER", "RESOURCE__PUBLIC_KEY", "RESOURCE_CONFIG"] {
        assert!(ended.output.contains(name), "{name}: {}", ended.output);
    }
}

#[actix_web::test]
async fn the_public_key_can_be_configured_in_four_ways() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("key.pem");
    fs::write(&file, PUBLIC_KEY_PEM).unwrap();
    let marked = folder.path().join("with-byte-order-mark.pem");
    fs::write(&marked, format!("\u{feff}{PUBLIC_KEY_PEM}")).unwrap();
    let (file, marked) = (file.to_str().unwrap(), marked.to_str().unwrap());

    for (variable, value) in [
        ("RESOURCE__PUBLIC_KEY", PUBLIC_KEY_PEM),
        ("JWT_PUBLIC_KEY", PUBLIC_KEY_PEM),
        ("RESOURCE__PUBLIC_KEY_FILE", file),
        ("JWT_PUBLIC_KEY_FILE", file),
        ("RESOURCE__PUBLIC_KEY", &PUBLIC_KEY_PEM.replace('\n', "\\n")),
        ("RESOURCE__PUBLIC_KEY", &format!("{PUBLIC_KEY_PEM:?}")),
        ("RESOURCE__PUBLIC_KEY", &PUBLIC_KEY_PEM.replace('\n', "\r\n")),
        ("RESOURCE__PUBLIC_KEY_FILE", marked),
    ] {
        let mut program = Program::start(PATH, &[], &[ANY_PORT, (variable, value)]);
        let replica = Api::at(program.url());
        replica.until("/health/ready", 200).await;

        let response = replica.get_as(&mint(&claims("john", "user")), "/dashboard").await;

        assert_eq!(response.status, 200, "{variable}");
    }
}

#[test]
fn a_private_key_in_place_of_the_public_one_is_refused_without_printing_it() {
    let folder = TempDir::new().unwrap();
    let (utf16, der) = (folder.path().join("utf-16.pem"), folder.path().join("key.der"));
    let units: Vec<_> = PUBLIC_KEY_PEM.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&utf16, [&[0xff, 0xfe], &*units].concat()).unwrap();
    fs::write(&der, [0x30, 0x82, 0xff]).unwrap();
    let body = PRIVATE_KEY_PEM.lines().nth(1).unwrap();

    for (variable, value, reason) in [
        ("RESOURCE__PUBLIC_KEY", PRIVATE_KEY_PEM, "private key"),
        ("RESOURCE__PUBLIC_KEY", &PRIVATE_KEY_PEM.replace('\n', "\\n"), "private key"),
        ("RESOURCE__PUBLIC_KEY", "/run/secrets/key.pem", "_FILE"),
        ("RESOURCE__PUBLIC_KEY_FILE", utf16.to_str().unwrap(), "UTF-8"),
        ("RESOURCE__PUBLIC_KEY_FILE", der.to_str().unwrap(), "UTF-8"),
    ] {
        let ended = run(&[ANY_PORT, (variable, value)]);

        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.errors.contains(&format!("error: {variable}: ")), "{ended:?}");
        assert!(ended.errors.contains(reason) && !ended.errors.contains(body), "{ended:?}");
    }
}

#[actix_web::test]
async fn the_tutorials_variable_for_token_locations_is_accepted() {
    let variables = [ANY_PORT, ("JWT_PUBLIC_KEY", PUBLIC_KEY_PEM), ("JWT_TOKEN_LOCATION", r#"["query_string"]"#)];
    let mut program = Program::start(PATH, &[], &variables);
    let replica = Api::at(program.url());
    replica.until("/health/ready", 200).await;

    let response = replica.get(&format!("/dashboard?jwt={}", mint(&claims("john", "user")))).await;

    assert_eq!(response.status, 200);
}

#[actix_web::test]
async fn it_serves_with_the_maximum_number_of_workers() {
    let mut program = Program::start(PATH, &[], &[ANY_PORT, ("RESOURCE__WORKERS", "512")]);

    Api::at(program.url()).until("/health/live", 200).await;
}

#[actix_web::test]
async fn it_shuts_down_cleanly_on_a_signal() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(PATH, &[], &[ANY_PORT]);
        Api::at(program.url()).until("/health/live", 200).await;

        program.signal(signal);

        assert_eq!(program.end().code, Some(0), "{signal}");
    }
}

#[actix_web::test]
async fn after_sigterm_it_reports_not_ready_and_keeps_serving() {
    let variables = [ANY_PORT, ("RESOURCE__PUBLIC_KEY", PUBLIC_KEY_PEM), ("RESOURCE__DRAIN_SECS", "2")];
    let mut program = Program::start(PATH, &[], &variables);
    let service = Api::at(program.url());
    service.until("/health/ready", 200).await;

    program.signal("TERM");
    let not_ready = service.until("/health/ready", 503).await;
    let live = service.get("/health/live").await;

    assert_eq!(not_ready.error(), error(503, "shutting_down", "Service is shutting down"));
    assert_eq!((live.status, live.header("connection")), (200, Some("close")));
    assert_eq!(program.end().code, Some(0));
}

#[test]
fn a_port_in_use_is_reported_by_name() {
    let mut first = Program::start(PATH, &[], &[ANY_PORT]);
    let address = first.url().replace("http://", "");

    let ended = run(&[("RESOURCE__LISTEN", &address)]);

    assert_eq!(ended.code, Some(2));
    assert!(ended.errors.contains(&format!("error: RESOURCE__LISTEN: {address} is already in use")), "{ended:?}");
}

fn run(variables: &[(&str, &str)]) -> Ended {
    Program::start(PATH, &[], variables).end()
}
