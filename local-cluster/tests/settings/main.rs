//! docs/settings.md: its tables are generated from the settings' code, and these tests fail when the two differ.
//! `UPDATE_DOCS=1 cargo test -p local-cluster --test settings` writes them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod page;
mod reference;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use clap::{CommandFactory, Parser};
use local_cluster::Arguments;
use page::assert_page_has;
use reference::{Reference, options_table};
use serde_json::{Value, to_value};
use source::Source;

/// Settings that both services have.
const COMMON: [&str; 3] = ["connections/settings.rs", "tls/settings.rs", "logging/settings.rs"];

#[test]
fn the_page_has_every_setting_of_auth_service() {
    let files =
        ["mod", "audit", "backchannel", "database", "keys", "limits", "pages", "passwords", "status_lists", "tokens"];
    let files = files.map(|name| format!("auth-service/src/config/{name}.rs"));
    let files = files.into_iter().chain(["service-kit/src/cors.rs".to_owned()]);
    let defaults = auth_service::Config::default();
    let reference = Reference {
        spec: auth_service::config::SETTINGS,
        source: Source::read(files.chain(common())),
        defaults: flatten(&to_value(&defaults).unwrap()),
        bounds: defaults.bounds().into_iter().collect(),
    };

    assert_page_has("auth-service", &reference.tables());
    // A secret, so the code's default is not among those compared.
    assert_eq!(reference.default_in_words("database.url"), format!("`{}`", defaults.database.url.expose()));
}

#[test]
fn the_page_has_every_setting_of_resource_service() {
    let files = ["resource-service/src/config.rs", "service-kit/src/verifier_settings.rs", "service-kit/src/cors.rs"];
    let files = files.into_iter().chain(["shared/src/status/status_policy.rs"]).map(str::to_owned);
    let defaults = resource_service::Config::default();
    let reference = Reference {
        spec: resource_service::config::SETTINGS,
        source: Source::read(files.chain(common())),
        defaults: flatten(&to_value(&defaults).unwrap()),
        bounds: defaults.bounds().into_iter().collect(),
    };

    assert_page_has("resource-service", &reference.tables());
}

#[test]
fn the_page_has_every_option_of_local_cluster() {
    assert_page_has("local-cluster", &options_table(&Arguments::command()));
    // The range in the description.
    let parsed = |replicas| Arguments::try_parse_from(["local-cluster", "--replicas", replicas]).is_ok();
    assert_eq!(["0", "1", "100", "101"].map(parsed), [false, true, true, false]);
}

#[test]
fn every_setting_named_in_a_document_exists() {
    let mut known: BTreeSet<_> = Arguments::command()
        .get_arguments()
        .filter_map(|option| Some(option.get_env()?.to_str()?.to_owned()))
        .collect();
    for (spec, defaults) in [
        (auth_service::config::SETTINGS, to_value(auth_service::Config::default()).unwrap()),
        (resource_service::config::SETTINGS, to_value(resource_service::Config::default()).unwrap()),
    ] {
        known.extend(flatten(&defaults).keys().map(|key| spec.variable(key)));
        known.extend(spec.secrets.iter().map(|key| format!("{}_FILE", spec.variable(key))));
    }

    for (name, text) in page::documents() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named =
            words.filter(|word| ["AUTH__", "RESOURCE__", "LOCAL_CLUSTER_"].iter().any(|own| word.starts_with(own)));
        // `AUTH__LIMITS__…` names a section.
        let unknown: BTreeSet<_> = named.filter(|word| !word.ends_with('_') && !known.contains(*word)).collect();

        assert!(unknown.is_empty(), "{}: {unknown:?}", name.display());
    }
}

fn common() -> impl Iterator<Item = String> {
    COMMON.into_iter().map(|file| format!("service-kit/src/{file}"))
}

/// `{"a": {"b": 1}}` has the setting `a.b`.
fn flatten(settings: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (name, value) in settings.as_object().unwrap() {
        if value.is_object() {
            found.extend(flatten(value).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
        } else {
            found.insert(name.clone(), value.clone());
        }
    }
    found
}
