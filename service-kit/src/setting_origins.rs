//! Where each setting comes from.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

/// Where a setting comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum SettingOrigin {
    /// An environment variable: that of the setting, or an alias.
    Environment { variable: String },
    /// The file of a secret, which an environment variable names.
    SecretFile { path: String, variable: String },
    /// The TOML file of `--config` or its variable.
    File { path: String },
    /// The program's default.
    #[default]
    Default,
}

/// Where the settings come from, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingOrigins(BTreeMap<String, SettingOrigin>);

impl SettingOrigins {
    /// The origin of `key`.
    pub fn of(&self, key: &str) -> &SettingOrigin {
        self.0.get(key).unwrap_or(&SettingOrigin::Default)
    }

    pub(crate) fn set(&mut self, key: String, origin: SettingOrigin) {
        self.0.insert(key, origin);
    }
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path } => write!(f, "file {path}"),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
            Self::SecretFile { path, variable } => write!(f, "file {path}, named by {variable}"),
        }
    }
}
