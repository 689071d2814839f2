//! README.md lists every setting.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use clap::CommandFactory;
use local_cluster::Arguments;
use serde::Serialize;
use serde_json::{Value, to_value};
use service_kit::SettingsSpec;

const README: &str = include_str!("../../README.md");

#[test]
fn every_setting_of_auth_service_is_in_the_readme() {
    assert_eq!(missing(auth_service::config::SETTINGS, &auth_service::Config::default()), [""; 0]);
}

#[test]
fn every_setting_of_resource_service_is_in_the_readme() {
    assert_eq!(missing(resource_service::config::SETTINGS, &resource_service::Config::default()), [""; 0]);
}

#[test]
fn every_alias_is_in_the_readme_beside_its_setting() {
    for spec in [auth_service::config::SETTINGS, resource_service::config::SETTINGS] {
        for (alias, key) in spec.aliases {
            let line = row(&spec.variable(key)).unwrap();

            assert!(line.contains(&format!("Alias `{alias}`")), "{line}");
        }
    }
}

#[test]
fn only_secrets_are_marked_as_such_in_the_readme() {
    for spec in [auth_service::config::SETTINGS, resource_service::config::SETTINGS] {
        let mark = format!("| `{}__", spec.prefix);
        for line in README.lines().filter(|line| line.starts_with(&mark)) {
            let variable = line.split('`').nth(1).unwrap();
            let is_secret = spec.secrets.iter().any(|key| spec.variable(key) == variable);

            assert_eq!(line.starts_with(&format!("| `{variable}` **F** |")), is_secret, "{line}");
        }
    }
}

#[test]
fn every_option_of_local_cluster_is_in_the_readme_with_its_variable_and_its_default() {
    for option in Arguments::command().get_arguments().filter(|option| option.get_env().is_some()) {
        let variable = option.get_env().unwrap().to_str().unwrap();
        let default = option
            .get_default_values()
            .first()
            .map_or("none".to_owned(), |default| format!("`{}`", default.to_str().unwrap()));
        let beginning = format!("| `--{}` | `{variable}` | {default} |", option.get_long().unwrap());

        assert!(README.lines().any(|line| line.starts_with(&beginning)), "{beginning}");
    }
}

/// The variables of these settings without a row, or with another default there.
fn missing(spec: SettingsSpec, defaults: &impl Serialize) -> Vec<String> {
    let mut settings = Vec::new();
    flatten("", &to_value(defaults).unwrap(), &mut settings);
    assert!(settings.len() > 10);
    let is_missing = |(key, default): &(String, Value)| {
        let shown = match default {
            // Defaults that the README describes in words.
            Value::Null => None,
            Value::String(text) if text.is_empty() || text == "***" || key == "instance" => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        !row(&spec.variable(key)).is_some_and(|row| shown.is_none_or(|text| row.contains(&format!("| `{text}` |"))))
    };
    settings.iter().filter(|setting| is_missing(setting)).map(|(key, _)| spec.variable(key)).collect()
}

fn row(variable: &str) -> Option<&'static str> {
    README.lines().find(|line| line.starts_with(&format!("| `{variable}` ")))
}

/// `{"a": {"b": 1}}` has the setting `a.b`.
fn flatten(path: &str, value: &Value, settings: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                flatten(&format!("{path}{}{name}", if path.is_empty() { "" } else { "." }), member, settings);
            }
        }
        default => settings.push((path.to_owned(), default.clone())),
    }
}
