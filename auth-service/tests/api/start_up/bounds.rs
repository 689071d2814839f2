//! What numbers the settings may have.

use auth_service::Config;
use serde_json::{Value, json};

/// Each numeric setting, with the smallest and the largest number that it may have.
const BOUNDS: [(&str, u64, u64); 36] = [
    ("drain_secs", 0, 3600),
    ("keep_alive_secs", 1, 3600),
    ("workers", 1, 512),
    ("hsts_secs", 0, 315_360_000),
    ("database.connections", 1, 1000),
    ("database.start_wait_secs", 0, 3600),
    ("keys.rotate_every_secs", 1, 315_360_000),
    ("keys.publish_ahead_secs", 0, 31_536_000),
    ("keys.verifier_ttl_secs", 1, 86_400),
    ("passwords.memory_kib", 8, 4_194_304),
    ("passwords.iterations", 1, 1000),
    ("passwords.parallelism", 1, 256),
    ("passwords.threads", 1, 1024),
    ("passwords.queue", 1, 100_000),
    ("passwords.reset_ttl_secs", 1, 2_592_000),
    ("tokens.access_ttl_secs", 1, 86_400),
    ("tokens.refresh_ttl_secs", 1, 315_360_000),
    ("tokens.session_ttl_secs", 1, 315_360_000),
    ("tokens.reuse_grace_secs", 0, 3600),
    ("limits.address_burst", 1, 1_000_000),
    ("limits.address_per_minute", 1, 60),
    ("limits.account_burst", 1, 1_000_000),
    ("limits.account_per_hour", 1, 3600),
    ("limits.known_burst", 1, 1_000_000),
    ("limits.known_per_hour", 1, 3600),
    ("limits.registration_burst", 1, 1_000_000),
    ("limits.registration_per_hour", 1, 3600),
    ("limits.session_burst", 1, 1_000_000),
    ("limits.session_per_minute", 1, 60),
    ("limits.sessions_per_user", 1, 1_000_000),
    ("connections.max", 1, 1_000_000),
    ("connections.per_address", 1, 1_000_000),
    ("connections.headers_secs", 1, 3600),
    ("connections.body_secs", 1, 3600),
    ("connections.response_secs", 1, 3600),
    ("audit.retention_days", 0, 36_500),
];

#[test]
fn numbers_out_of_bounds_are_refused_by_name() {
    for (key, min, max) in BOUNDS {
        for number in [i128::from(min) - 1, i128::from(max) + 1, i128::from(u64::MAX), i128::from(i64::MIN)] {
            let refused = with(&[(key, number)]).unwrap_err();

            assert!(refused.starts_with(&format!("{}: ", variable(key))), "{key} = {number}: {refused}");
            assert!(refused.contains("\n  "), "{key} = {number} without a remedy: {refused}");
        }
    }
}

#[test]
fn numbers_at_their_bounds_are_accepted() {
    for (key, min, max) in BOUNDS {
        for number in [min, max].map(i128::from) {
            // A key must sign for longer than it is published ahead.
            let others = [("keys.publish_ahead_secs", 0), ("keys.rotate_every_secs", 315_360_000)];
            let others = others.into_iter().filter(|(other, _)| *other != key);

            let taken = with(&others.chain([(key, number)]).collect::<Vec<_>>());

            assert_eq!(taken, Ok(()), "{key} = {number}");
        }
    }
}

#[test]
fn every_numeric_setting_has_bounds() {
    let defaults = serde_json::to_value(Config::default()).unwrap();
    // It has a list of values.
    let is_bounded = |key: &str| key == "keys.bits" || BOUNDS.iter().any(|(bounded, ..)| *bounded == key);

    let keys = numeric_keys(&defaults);
    let (bounded, unbounded): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| is_bounded(key));

    assert_eq!((bounded.len(), unbounded), (BOUNDS.len() + 1, vec![]));
}

fn with(numbers: &[(&str, i128)]) -> Result<(), String> {
    let variables = numbers.iter().map(|(key, number)| (variable(key), number.to_string()));
    Config::from_environment(variables).map(drop).map_err(|refused| refused.to_string())
}

fn variable(key: &str) -> String {
    format!("AUTH__{}", key.replace('.', "__").to_uppercase())
}

fn numeric_keys(settings: &Value) -> Vec<String> {
    let sections = settings.as_object().unwrap().iter();
    let keys = sections.flat_map(|(name, value)| match value {
        Value::Object(section) => section.iter().map(|(key, value)| (format!("{name}.{key}"), value)).collect(),
        value => vec![(name.clone(), value)],
    });
    // Those that are left out by default may be numbers too.
    let is_numeric =
        |key: &str, value: &Value| value.is_number() || (value == &json!(null) && is_taken_for_a_number(key));
    keys.filter(|(key, value)| is_numeric(key, value)).map(|(key, _)| key).collect()
}

fn is_taken_for_a_number(key: &str) -> bool {
    Config::from_environment([(variable(key), "one".to_owned())])
        .is_err_and(|refused| refused.to_string().contains("whole number"))
}
