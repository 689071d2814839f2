//! The tables: each setting with its variable, type, default, range and meaning.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use clap::Command;
use serde_json::Value;
use service_kit::{Bound, SettingsSpec};

use crate::source::{Field, Source};

/// The settings of a service. Names and defaults are those that the loader uses, bounds those that it checks; the rest comes
/// from doc comments.
pub struct Reference {
    pub spec: SettingsSpec,
    pub source: Source,
    pub defaults: BTreeMap<String, Value>,
    pub bounds: Vec<Bound>,
}

impl Reference {
    /// A table for the settings without a section, and one for each section.
    ///
    /// # Panics
    /// If a setting has no doc comment, or one that disagrees with the code.
    pub fn tables(&self) -> String {
        let settings = self.settings();
        let documented: BTreeSet<_> = settings.iter().map(|(key, _)| key).collect();
        assert_eq!(documented, self.defaults.keys().collect(), "fields in the source, and settings of the loader");
        let bounded: BTreeSet<_> = self.bounds.iter().map(Bound::key).collect();
        assert!(bounded.iter().all(|key| self.defaults.contains_key(*key)), "{bounded:?}");

        let mut page = self.table("", settings.iter().filter(|(key, _)| !key.contains('.')));
        for section in self.source.fields("Config").unwrap().iter().filter(|field| self.is_section(field)) {
            let prefix = format!("{}.", section.name);
            let title = section.docs.split(" Default:").next().unwrap();
            write!(page, "\n### Section `{}`\n{title}\n\n", section.name).unwrap();
            page += &self.table(&prefix, settings.iter().filter(|(key, _)| key.starts_with(&prefix)));
        }
        page
    }

    /// What the doc comment says of a default that the code does not have as a number or a word.
    pub fn default_in_words(&self, key: &str) -> String {
        let settings = self.settings();
        let (_, field) = settings.iter().find(|(name, _)| name == key).unwrap();
        parts(key, &field.docs).1.to_owned()
    }

    /// Every setting by its key, in the order of the source.
    fn settings(&self) -> Vec<(String, Field)> {
        let own = |field: &Field| match self.source.fields(&field.type_name) {
            None => vec![(field.name.clone(), field.clone())],
            Some(fields) => {
                fields.iter().map(|inner| (format!("{}.{}", field.name, inner.name), inner.clone())).collect()
            }
        };
        self.source.fields("Config").unwrap().iter().flat_map(own).collect()
    }

    fn is_section(&self, field: &Field) -> bool {
        self.source.fields(&field.type_name).is_some()
    }

    fn table<'a>(&self, prefix: &str, settings: impl Iterator<Item = &'a (String, Field)>) -> String {
        let mut table = "| setting | variable | type | default | range | meaning |\n\
                         | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
        for (key, field) in settings {
            let is_secret = self.spec.secrets.contains(&&**key);
            let (mut meaning, words) = parts(key, &field.docs);
            let aliases = self.spec.aliases.iter().filter(|(_, of)| of == key);
            let aliases: Vec<_> = aliases.map(|(alias, _)| format!(" Alias `{alias}`.")).collect();
            meaning += &aliases.concat();
            let name = key.strip_prefix(prefix).unwrap();
            let variable = format!("`{}`{}", self.spec.variable(key), if is_secret { " **F**" } else { "" });
            let (kind, default, range) = (self.kind(key, field), self.default(key, words), self.range(key));
            writeln!(table, "| `{name}` | {variable} | {kind} | {default} | {range} | {meaning} |").unwrap();
        }
        table
    }

    /// What the value is, with its unit.
    fn kind(&self, key: &str, field: &Field) -> String {
        let type_name = field.type_name.trim_start_matches("Option<").trim_end_matches('>');
        if let Some(values) = self.source.values(type_name) {
            return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        }
        let kind = match type_name {
            "bool" => "`true`, `false`",
            "u32" | "u64" | "usize" => unit(key),
            "List" => "list, comma-separated",
            "PathBuf" => "path",
            "SocketAddr" => "address and port",
            "String" | "Secret" | "Instance" => "text",
            other => panic!("{key} has the type {other}: describe it here"),
        };
        kind.to_owned()
    }

    /// The default in the code, which the doc comment must repeat; where the code has none, what the comment says.
    fn default(&self, key: &str, words: &str) -> String {
        let value = match self.defaults.get(key).unwrap() {
            Value::Null => None,
            // Secrets are not printed, and this name is the machine's.
            Value::String(text) if text.is_empty() || text == "***" || key == "instance" => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        let Some(value) = value else { return words.to_owned() };
        let rest = ["`", "<", ""].iter().find_map(|quote| words.strip_prefix(&format!("{quote}{value}")));
        let rest = rest.map(|rest| rest.trim_start_matches(['`', '>']));
        let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with([' ', ',']));
        let rest = rest.unwrap_or_else(|| panic!("{key}: the default is {value}, its doc comment says {words}"));
        format!("`{value}`{rest}")
    }

    fn range(&self, key: &str) -> String {
        let bound = self.bounds.iter().find(|bound| bound.key() == key);
        bound.map_or_else(String::new, |bound| format!("{} to {}", bound.range().start(), bound.range().end()))
    }
}

/// The options of a program that are also variables.
pub fn options_table(command: &Command) -> String {
    let mut table = "| option | variable | default | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for option in command.get_arguments() {
        let Some(variable) = option.get_env() else { continue };
        let default = option.get_default_values().first();
        let default = default.map_or("none".to_owned(), |default| format!("`{}`", default.to_str().unwrap()));
        let (name, meaning) = (option.get_long().unwrap(), option.get_help().unwrap());
        writeln!(table, "| `--{name}` | `{}` | {default} | {meaning}. |", variable.to_str().unwrap()).unwrap();
    }
    table
}

fn unit(key: &str) -> &'static str {
    let units = [("secs", "seconds"), ("days", "days"), ("kib", "KiB"), ("bytes", "bytes"), ("bits", "bits")];
    units.iter().find(|(end, _)| key.ends_with(end)).map_or("number", |(_, unit)| unit)
}

/// The meaning and the default that a doc comment states: it ends with `Default: ….`.
fn parts<'a>(key: &str, docs: &'a str) -> (String, &'a str) {
    let parts =
        docs.split_once(" Default: ").and_then(|(meaning, default)| Some((meaning, default.strip_suffix('.')?)));
    let (meaning, default) = parts.unwrap_or_else(|| panic!("{key}: no `Default: ….` in the doc comment {docs:?}"));
    assert!(!meaning.contains("[`") && !docs.contains('|'), "{key}: not for a table: {docs}");
    (meaning.to_owned(), default)
}
