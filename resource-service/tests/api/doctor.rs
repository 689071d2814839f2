//! `resource-service doctor`: faults planted in a sound system, of which each is found, and nothing else.

use std::{
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    thread,
};

use actix_web::rt::task::spawn_blocking;
use serde_json::json;
use service_kit::testing::{
    DoctorReport, Program,
    certificates::{EXPIRED, FIRST},
};
use shared::testing::{PUBLIC_KEY_PEM, jwks};
use tempfile::TempDir;

use crate::support::FakeIssuer;

const PATH: &str = env!("CARGO_BIN_EXE_resource-service");

/// The modulus of a key that signs nothing here.
const OTHER_MODULUS: &str = "49POwm6HkEgTXzqtIVoaUkGR-wiTNK_zB9wFmiMuHnC-PdUjemh-J2RXiut_GAq4u_gYaJ4FkUx1yLERZIXWJuKqpqaEkMDiRL62\
     ncUpcR5FQwUb9yo43UQ60_amhGQ_91uK4qPrNeHB5Y-942TWZp9zl7yJfYcdDuDQ3Bl7Hy8WofiI3xvyRLKbs3ScihH3FlRucJgP\
     AVXt9EsISUmU-KzrED_C8Gx6pQopm0ovulgk8J4b83dC8LHkYD3tj3MoByPB2aFiBLOj2ILmJyMZerBkdsDiRukIAST2Dz6iH1X8\
     cvV8fJGjEGmqeaXOX3T8x-ZxynagedTHSI6eWIKLqw";

/// Plants a fault.
type Plant = dyn Fn(&Sound);

/// An issuer and the folder of a replica with nothing wrong with them.
struct Sound {
    issuer: FakeIssuer,
    folder: TempDir,
}

impl Sound {
    fn new() -> Self {
        let sound = Self { issuer: FakeIssuer::up(), folder: TempDir::new().unwrap() };
        sound.issuer.set_metadata("access_token_audience", json!("resource-service"));
        sound
    }

    /// The report with these variables besides those of a sound system.
    async fn with(&self, variables: &[(&str, &str)]) -> DoctorReport {
        self.run(PATH, &["doctor", "--json"], variables).await
    }

    /// The report of this program, which runs in a thread of its own: the issuer needs this one.
    async fn run(
        &self,
        program: &'static str,
        arguments: &'static [&'static str],
        variables: &[(&str, &str)],
    ) -> DoctorReport {
        let cache = self.folder.path().join("cache").to_str().unwrap().to_owned();
        let usual = [("RESOURCE__LISTEN", "127.0.0.1:0"), ("RESOURCE__ISSUER", self.issuer.url())];
        let usual = [&usual[..], &[("RESOURCE__CACHE_DIR", &cache)], variables].concat();
        let all: Vec<_> = usual.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let run = move || {
            let all: Vec<_> = all.iter().map(|(name, value)| (&**name, &**value)).collect();
            DoctorReport::of(&Program::start(program, arguments, &all).end())
        };
        spawn_blocking(run).await.unwrap()
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

#[actix_web::test]
async fn nothing_is_wrong_with_a_sound_system() {
    let sound = Sound::new();

    let report = sound.with(&[]).await;

    assert_eq!(report.planted(), [], "{report:?}");
    let names = [
        "settings",
        "listen",
        "tls",
        "open files",
        "proxies",
        "cors",
        "cache directory",
        "issuer",
        "audience",
        "clock",
        "keys",
        "status lists",
    ];
    for name in names {
        assert!(!report.detail(name).is_empty(), "{name}: {report:?}");
    }
    assert_eq!(report.checks.len(), names.len(), "{report:?}");
    assert!(!sound.folder.path().join("cache").exists());
}

#[actix_web::test]
async fn each_invalid_setting_is_an_error_by_its_name_and_the_rest_is_checked() {
    let sound = Sound::new();
    let misspelled = sound.file("resource.toml", "isuer = \"x\"", 0o600);
    for (variable, value) in [
        ("RESOURCE__ISUER", "https://login.example.com"),
        ("RESOURCE__ISSUER", "https://login.example.com/"),
        ("RESOURCE__FETCH_FROM", "http://login.example.com"),
        ("RESOURCE__JWKS_URL", "https://one.example.com,https://two.example.com"),
        ("RESOURCE__PUBLIC_KEY", "x"),
        ("RESOURCE__ISSUER_CA", "/nowhere/ca.pem"),
        ("RESOURCE__AUDIENCE", " "),
        ("RESOURCE__LEEWAY_SECS", "61"),
        ("RESOURCE__WORKERS", "many"),
        ("RESOURCE__USER_LOOKUP", "stars"),
        ("RESOURCE__TOKEN_LOCATION", "pockets"),
        ("RESOURCE__CORS__ORIGINS", "*"),
        ("RESOURCE__TRUSTED_PROXIES", "nowhere"),
        ("RESOURCE__REVOCATION__ROUTES", "/amdin=open"),
        ("RESOURCE__REVOCATION__MAX_STALE_SECS", "1"),
        ("RESOURCE_CONFIG", &misspelled),
    ] {
        let report = sound.with(&[(variable, value)]).await;

        assert_eq!(report.planted(), [("settings", "error")], "{variable}: {report:?}");
        assert!(report.detail("settings").contains(variable), "{variable}: {report:?}");
        assert_eq!(report.status("cache directory"), "ok", "{variable}: {report:?}");
    }
    let several = [("RESOURCE__ISUER", "x"), ("RESOURCE__LEEWAY_SECS", "61"), ("RESOURCE__WORKERS", "many")];
    let report = sound.with(&several).await;
    assert_eq!(report.planted(), [("settings", "error"); 3], "{report:?}");
    assert_eq!(report.status("keys"), "ok", "{report:?}");
}

#[actix_web::test]
async fn invalid_values_in_the_file_are_left_out_and_the_others_are_used() {
    let sound = Sound::new();
    let text =
        "audience = \"reports\"\nworkers = \"many\"\nleeway_secs = 61\n[keys]\nrefresh_secs = 0\nmax_stale_secs = 9";
    let file = sound.file("resource.toml", text, 0o600);

    let report = sound.with(&[("RESOURCE_CONFIG", &file)]).await;

    let invalid = ("settings", "error");
    assert_eq!(report.planted(), [invalid, invalid, invalid, ("audience", "error")], "{report:?}");
}

#[actix_web::test]
async fn a_misspelled_name_casts_doubt_on_what_may_be_meant_by_it_alone() {
    let sound = Sound::new();
    let file = sound.file("resource.toml", "isuer = \"x\"\ntrusted_proxies = \"0.0.0.0/0\"", 0o600);

    let in_file = sound.with(&[("RESOURCE_CONFIG", &file), ("RESOURCE__ISSUER", "")]).await;
    let variable = sound.with(&[("RESOURCE__ISUER", "x"), ("RESOURCE__ISSUER", "")]).await;

    assert_eq!(in_file.planted(), [("settings", "error"), ("proxies", "error")], "{in_file:?}");
    assert_eq!(variable.planted(), [("settings", "error")], "{variable:?}");
    for report in [&in_file, &variable] {
        assert_eq!(report.status("issuer"), "", "{report:?}");
    }
    assert_eq!((in_file.status("cors"), variable.status("cors")), ("", "ok"));
}

#[actix_web::test]
async fn a_fault_of_the_replica_is_found_and_nothing_else() {
    let sound = Sound::new();
    let (file, open) = (sound.file("file", "", 0o600), sound.folder.path().join("open"));
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    let below_file = format!("{file}/cache");
    let cert = sound.file("cert.pem", FIRST.cert, 0o644);
    let key = sound.file("key.pem", FIRST.key, 0o644);
    let (expired, of_expired) = (sound.file("old.pem", EXPIRED.cert, 0o644), sound.file("old.key", EXPIRED.key, 0o600));
    let elsewhere = sound.issuer.url().replace("127.0.0.1", "0.0.0.0");
    let taken = another_program();
    for (variables, check, status) in [
        (&[("RESOURCE__LISTEN", "192.0.2.1:5001")][..], "listen", "error"),
        (&[("RESOURCE__LISTEN", &taken)], "listen", "error"),
        (&[("RESOURCE__TLS__CERT", &cert)], "tls", "error"),
        (&[("RESOURCE__TLS__CERT", &cert), ("RESOURCE__TLS__KEY", &of_expired)], "tls", "error"),
        (&[("RESOURCE__TLS__CERT", &cert), ("RESOURCE__TLS__KEY", &key)], "tls", "warning"),
        (&[("RESOURCE__TLS__CERT", &expired), ("RESOURCE__TLS__KEY", &of_expired)], "tls", "error"),
        (&[("RESOURCE__TRUSTED_PROXIES", "0.0.0.0/0")], "proxies", "error"),
        (&[("RESOURCE__TRUSTED_PROXIES", "2000::/3")], "proxies", "warning"),
        (&[("RESOURCE__CORS__ORIGINS", "https://a.example.com,http://b.example.com")], "cors", "warning"),
        (&[("RESOURCE__CORS__ORIGINS", "http://localhost:3000"), ("RESOURCE__LISTEN", "0.0.0.0:0")], "cors", "warning"),
        (&[("RESOURCE__CACHE_DIR", &file)], "cache directory", "error"),
        (&[("RESOURCE__CACHE_DIR", &below_file)], "cache directory", "error"),
        (&[("RESOURCE__CACHE_DIR", open.to_str().unwrap())], "cache directory", "warning"),
        (&[("RESOURCE__FETCH_FROM", &elsewhere), ("RESOURCE__ALLOW_HTTP", "true")], "transport", "warning"),
        (&[("RESOURCE__AUDIENCE", "reports")], "audience", "error"),
        (&[("RESOURCE__ISSUER", "http://127.0.0.1:1")], "issuer", "error"),
        (
            &[("RESOURCE__ISSUER", "http://127.0.0.1:1"), ("RESOURCE__FETCH_FROM", sound.issuer.url())],
            "issuer",
            "error",
        ),
    ] {
        let report = sound.with(variables).await;

        assert_eq!(report.planted(), [(check, status)], "{variables:?}: {report:?}");
    }
}

#[actix_web::test]
async fn a_fault_of_the_issuer_is_found_and_nothing_else() {
    let other = |sound: &Sound| sound.issuer.set_keys(json!({ "keys": [{ "kty": "EC", "kid": "other" }] }));
    let faults: [(&str, &Plant, &str, &str); 8] = [
        ("it responds with an error", &|sound| sound.issuer.set_available(false), "issuer", "error"),
        ("it is not an issuer", &|sound| sound.issuer.set_metadata("issuer", json!(7)), "issuer", "error"),
        (
            "its tokens are for others",
            &|it| it.issuer.set_metadata("access_token_audience", json!("x")),
            "audience",
            "error",
        ),
        ("its clock is behind", &|sound| sound.issuer.set_clock(-15), "clock", "warning"),
        ("its clock is ahead", &|sound| sound.issuer.set_clock(90), "clock", "error"),
        ("it has no usable key", &other, "keys", "error"),
        (
            "it names its lists elsewhere",
            &|it| it.issuer.set_metadata("status_list_aggregation_endpoint", json!("http://127.0.0.1:1/")),
            "status lists",
            "error",
        ),
        (
            "its lists have another key",
            &|it| it.issuer.set_metadata("status_list_jwks_uri", json!("http://127.0.0.1:1/")),
            "status lists",
            "error",
        ),
    ];
    for (what, plant, check, status) in faults {
        let sound = Sound::new();
        plant(&sound);

        let report = sound.with(&[]).await;

        assert_eq!(report.planted(), [(check, status)], "{what}: {report:?}");
    }
}

#[actix_web::test]
async fn a_key_that_cannot_be_used_is_a_warning_beside_one_that_can() {
    let sound = Sound::new();
    let mut keys = jwks();
    keys["keys"].as_array_mut().unwrap().push(json!({ "kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB" }));
    sound.issuer.set_keys(keys);

    let report = sound.with(&[]).await;

    assert_eq!(report.planted(), [("keys", "warning")], "{report:?}");
    assert!(report.detail("keys").contains("short"), "{report:?}");
}

#[actix_web::test]
async fn a_configured_key_is_compared_with_the_published_ones() {
    let sound = Sound::new();
    let configured = [("RESOURCE__PUBLIC_KEY", PUBLIC_KEY_PEM), ("RESOURCE__REVOCATION__REQUIRED", "true")];
    let same = sound.with(&configured).await;
    let alone = sound.with(&configured[..1]).await;
    sound.issuer.set_keys(json!({ "keys": [{ "kty": "RSA", "kid": "other", "n": OTHER_MODULUS, "e": "AQAB" }] }));

    let other = sound.with(&configured).await;

    assert_eq!((same.planted(), alone.planted()), (vec![], vec![]), "{same:?} {alone:?}");
    assert!(other.has("keys", "error"), "{other:?}");
}

#[actix_web::test]
async fn a_low_limit_on_open_files_is_found() {
    const SCRIPT: &str = r#"ulimit -n 300 && exec "$0" doctor --json"#;
    let sound = Sound::new();

    let report = sound.run("/bin/sh", &["-c", SCRIPT, PATH], &[]).await;

    assert_eq!(report.planted(), [("open files", "warning")], "{report:?}");
}

/// The address of a program that closes each connection at once.
fn another_program() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().for_each(drop));
    address
}
