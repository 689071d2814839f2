//! How settings are named.

use serde_json::Value;

use super::keys::{flatten, nearest, pointer};

/// How a service's settings are named.
pub struct SettingsSpec {
    /// `AUTH` for `AUTH__SECTION__KEY`. Two underscores, also after the prefix: Kubernetes puts variables such as
    /// `AUTH_SERVICE_PORT` into every container.
    pub prefix: &'static str,
    /// The variable that names the TOML file.
    pub file_variable: &'static str,
    /// Aliases of variables and their keys, such as `("JWT_PUBLIC_KEY", "public_key")`.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Keys that can also be read from a file, named by the variable with the suffix `_FILE`.
    pub secrets: &'static [&'static str],
    /// Keys of numbers that have no default.
    pub optional_numbers: &'static [&'static str],
}

impl SettingsSpec {
    /// The variable of a key: `tokens.access_ttl_secs` is `AUTH__TOKENS__ACCESS_TTL_SECS`.
    pub fn variable(&self, key: &str) -> String {
        format!("{}__{}", self.prefix, key.replace('.', "__").to_uppercase())
    }

    /// The variables of all settings.
    pub(crate) fn variables(&self, defaults: &Value) -> Vec<String> {
        flatten(defaults).iter().map(|key| self.variable(key)).collect()
    }

    /// The key that a variable sets by its name, by an alias, or with the suffix `_FILE`. There may be no such key.
    pub(crate) fn key_of(&self, name: &str) -> Option<String> {
        let whole = name.strip_suffix("_FILE").unwrap_or(name);
        if let Some((_, key)) = self.aliases.iter().find(|(alias, _)| *alias == name || *alias == whole) {
            return Some((*key).to_owned());
        }
        let key =
            |name: &str| Some(name.strip_prefix(self.prefix)?.strip_prefix("__")?.to_lowercase().replace("__", "."));
        key(whole).filter(|key| self.secrets.contains(&&**key)).or_else(|| key(name))
    }

    /// What stands for the unknown keys of the file among the settings that are left out.
    pub(crate) fn unknown_keys(&self) -> String {
        format!("unknown keys in {}", self.file_variable)
    }

    /// The key of a setting that may be meant by an unknown variable.
    pub(crate) fn meant_by(&self, name: &str, defaults: &Value) -> Option<String> {
        let (key, known) = (self.key_of(name)?, flatten(defaults));
        if known.contains(&key) { None } else { nearest(&key, &known).cloned() }
    }

    pub(super) fn is_number(&self, key: &str, defaults: &Value) -> bool {
        self.optional_numbers.contains(&key) || defaults.pointer(&pointer(key)).is_some_and(Value::is_number)
    }
}
