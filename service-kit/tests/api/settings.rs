//! Layered settings and their error messages.

use std::io::Write;

use serde::{Deserialize, Serialize};
use service_kit::{SettingsSpec, load_settings};
use shared::Secret;
use tempfile::NamedTempFile;

#[derive(Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    issuer: String,
    instance: String,
    public_key: Option<Secret>,
    workers: Option<usize>,
    small: u8,
    signed: i32,
    sample_users: bool,
    keys: Keys,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Keys {
    refresh_secs: u32,
    master_key: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            issuer: "default".to_owned(),
            instance: String::new(),
            public_key: None,
            workers: None,
            small: 1,
            signed: 0,
            sample_users: false,
            keys: Keys { refresh_secs: 60, master_key: None },
        }
    }
}

const SPEC: SettingsSpec = SettingsSpec {
    prefix: "RESOURCE",
    file_variable: "RESOURCE_CONFIG",
    aliases: &[("JWT_ISSUER", "issuer"), ("JWT_PUBLIC_KEY", "public_key")],
    secrets: &["public_key", "keys.master_key"],
    optional_numbers: &["workers"],
};

fn load(environment: &[(&str, &str)]) -> Result<Settings, String> {
    let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load_settings(&SPEC, owned).map_err(|error| error.to_string())
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

/// Loading this environment fails with an error that contains all of `words`.
fn assert_error(environment: &[(&str, &str)], words: &[&str]) {
    let error = load(environment).expect_err(&format!("{environment:?}"));
    for word in words {
        assert!(error.contains(word), "{environment:?}: no {word:?} in: {error}");
    }
}

#[test]
fn the_environment_overrides_the_file_and_the_file_overrides_the_defaults() {
    let file = file("issuer = \"file\"\ninstance = \"file\"\nworkers = 3\n[keys]\nrefresh_secs = 5\n");

    let settings = load(&[
        ("RESOURCE_CONFIG", path(&file)),
        ("RESOURCE__INSTANCE", "environment"),
        ("RESOURCE__KEYS__REFRESH_SECS", "7"),
        ("RESOURCE__SAMPLE_USERS", "true"),
    ])
    .unwrap();

    assert_eq!((&*settings.issuer, &*settings.instance), ("file", "environment"));
    assert_eq!((settings.workers, settings.keys.refresh_secs, settings.small), (Some(3), 7, 1));
    assert!(settings.sample_users);
}

#[test]
fn an_alias_overrides_the_file_but_not_the_variable_itself() {
    let file = file("issuer = \"file\"");
    let alias = ("JWT_ISSUER", "alias");
    let config = ("RESOURCE_CONFIG", path(&file));

    assert_eq!(load(&[config, alias]).unwrap().issuer, "alias");
    assert_eq!(load(&[config, alias, ("RESOURCE__ISSUER", "own")]).unwrap().issuer, "own");
}

#[test]
fn an_empty_variable_is_ignored() {
    let settings =
        load(&[("RESOURCE__ISSUER", ""), ("JWT_ISSUER", ""), ("RESOURCE__WORKERS", ""), ("RESOURCE_CONFIG", "")]);

    let settings = settings.unwrap();
    assert_eq!((&*settings.issuer, settings.workers), ("default", None));
}

#[test]
fn variables_that_kubernetes_adds_are_ignored() {
    let settings = load(&[("RESOURCE_SERVICE_PORT", "tcp://10.0.0.1"), ("AUTH__ISSUER", "other"), ("PATH", "/bin")]);

    assert_eq!(settings.unwrap().issuer, "default");
}

#[test]
fn an_unknown_name_is_rejected_with_the_closest_known_one() {
    assert_error(&[("RESOURCE__ISUER", "x")], &["RESOURCE__ISUER:", "unknown setting", "mean RESOURCE__ISSUER?"]);
    assert_error(&[("RESOURCE__KEYS__REFRESH", "1")], &["mean RESOURCE__KEYS__REFRESH_SECS?"]);
    assert_error(&[("RESOURCE__ISSUER_FILE", "x")], &["RESOURCE__ISSUER_FILE", "unknown setting"]);

    let misspelled = file("isuer = \"x\"");
    let in_section = file("[keys]\nrefresh_sec = 1");
    assert_error(&[("RESOURCE_CONFIG", path(&misspelled))], &["RESOURCE_CONFIG", "\"isuer\"", "mean \"issuer\"?"]);
    assert_error(&[("RESOURCE_CONFIG", path(&in_section))], &["\"keys.refresh_sec\"", "mean \"keys.refresh_secs\"?"]);
}

#[test]
fn a_value_of_the_wrong_type_is_reported_with_its_variable() {
    for (name, value) in [
        ("RESOURCE__WORKERS", "many"),
        ("RESOURCE__WORKERS", "-1"),
        ("RESOURCE__WORKERS", "1.5"),
        ("RESOURCE__SMALL", "256"),
        ("RESOURCE__SIGNED", "4294967297"),
        ("RESOURCE__KEYS__REFRESH_SECS", "1h"),
        ("RESOURCE__KEYS__REFRESH_SECS", "-1"),
        ("RESOURCE__KEYS__REFRESH_SECS", "4294967297"),
        ("RESOURCE__SAMPLE_USERS", "perhaps"),
    ] {
        assert_error(&[(name, value)], &[&format!("{name}:"), value]);
    }
    let typed = file("[keys]\nrefresh_secs = \"soon\"");
    assert_error(&[("RESOURCE_CONFIG", path(&typed))], &["RESOURCE__KEYS__REFRESH_SECS", "soon"]);
}

#[test]
fn an_unusable_file_is_reported_with_its_name() {
    let broken = file("issuer = ");

    assert_error(&[("RESOURCE_CONFIG", "/no/such/file.toml")], &["RESOURCE_CONFIG", "/no/such/file.toml"]);
    assert_error(&[("RESOURCE_CONFIG", path(&broken))], &["RESOURCE_CONFIG", path(&broken), "not valid TOML"]);
}

#[test]
fn a_secret_can_be_read_from_a_file() {
    let secret = file("s e c r e t\r\n");
    let secret_in = |name: &str| load(&[(name, path(&secret))]).unwrap();
    let expose = |secret: Option<Secret>| secret.map(|secret| secret.expose().to_owned());

    for name in ["RESOURCE__PUBLIC_KEY_FILE", "JWT_PUBLIC_KEY_FILE"] {
        assert_eq!(expose(secret_in(name).public_key).as_deref(), Some("s e c r e t"), "{name}");
    }
    let nested = secret_in("RESOURCE__KEYS__MASTER_KEY_FILE").keys.master_key;
    assert_eq!(expose(nested).as_deref(), Some("s e c r e t"));
    assert_error(&[("RESOURCE__PUBLIC_KEY_FILE", "/no/such/file")], &["RESOURCE__PUBLIC_KEY_FILE", "/no/such/file"]);
}

#[test]
fn a_secret_given_twice_is_an_error() {
    let secret = file("x");
    let both = [("RESOURCE__PUBLIC_KEY", "inline"), ("RESOURCE__PUBLIC_KEY_FILE", path(&secret))];
    let both_aliases = [("JWT_PUBLIC_KEY", "inline"), ("JWT_PUBLIC_KEY_FILE", path(&secret))];

    assert_error(&both, &["RESOURCE__PUBLIC_KEY_FILE", "RESOURCE__PUBLIC_KEY is set as well"]);
    assert_error(&both_aliases, &["JWT_PUBLIC_KEY_FILE", "JWT_PUBLIC_KEY is set as well"]);
}

#[test]
fn a_string_that_looks_like_a_number_stays_a_string() {
    for text in ["0123", "1e3", "true", "+1", "1.50", "null", "[1]", "a=b,c"] {
        let settings = load(&[("RESOURCE__PUBLIC_KEY", text), ("RESOURCE__INSTANCE", text)]).unwrap();

        assert_eq!((settings.public_key.unwrap().expose(), &*settings.instance), (text, text));
    }
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_by_name() {
    for (name, value) in [
        ("RESOURCE__ISSUER", "https://login.example.com\r"),
        ("RESOURCE__ISSUER", "https://login.example.com "),
        ("RESOURCE__INSTANCE", "\ta"),
        ("RESOURCE__INSTANCE", "a\u{85}b"),
        ("RESOURCE__WORKERS", "on"),
        ("RESOURCE__WORKERS", "true"),
        ("RESOURCE__SMALL", "yes"),
        ("RESOURCE__KEYS__REFRESH_SECS", "on"),
        ("RESOURCE__KEYS__REFRESH_SECS", "60\r"),
        ("RESOURCE__KEYS__REFRESH_SECS", " 60"),
        ("RESOURCE__PUBLIC_KEY", "hunter2\r"),
    ] {
        assert_error(&[(name, value)], &[&format!("{name}:")]);
    }
    let secret = load(&[("RESOURCE__PUBLIC_KEY", "hunter2\r")]).unwrap_err();
    assert!(!secret.contains("hunter2"), "{secret}");
    for text in ["workers = true", "small = true", "[keys]\nrefresh_secs = false"] {
        let typed = file(text);
        assert_error(&[("RESOURCE_CONFIG", path(&typed))], &["not a whole number"]);
    }
}

#[test]
fn secrets_keep_their_spaces_and_keys_in_pem_their_lines() {
    for text in [" padded ", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        let settings = load(&[("RESOURCE__PUBLIC_KEY", text)]).unwrap();

        assert_eq!(settings.public_key.unwrap().expose(), text);
    }
}

#[test]
fn a_broken_file_is_not_repeated() {
    let broken = file("public_key = \"hunter2");

    let error = load(&[("RESOURCE_CONFIG", path(&broken))]).unwrap_err();

    assert!(error.contains("line 1") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_secret_is_never_printed() {
    let settings = load(&[("RESOURCE__PUBLIC_KEY", "hunter2")]).unwrap();

    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!serde_json::to_string(&settings).unwrap().contains("hunter2"));
    let in_a_file = file("public_key = [\"hunter2\"]");
    let error = load(&[("RESOURCE_CONFIG", path(&in_a_file))]).unwrap_err();
    assert!(!error.contains("hunter2"), "{error}");
}
