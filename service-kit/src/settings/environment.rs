//! Settings in environment variables, and secrets in the files that they name.

use std::{collections::BTreeMap, env, ffi::OsString, fs, io, path::Path};

use super::{keys::nearest, spec::SettingsSpec};
use crate::{setting_origins::SettingOrigin, start_error::StartError};

/// The environment of this process, with the variable of `file`.
pub(crate) fn process_environment(spec: &SettingsSpec, file: Option<&Path>) -> Vec<(String, String)> {
    let file = file.map(|path| (spec.file_variable.to_owned(), path.to_string_lossy().into_owned()));
    environment().chain(file).collect()
}

/// The environment of this process. Variables that are not Unicode are left out; those of settings are refused before.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl SettingsSpec {
    /// Refuses values in the environment of this process that are not Unicode, rather than ignore them.
    pub(crate) fn check_process_unicode(&self) -> Result<(), StartError> {
        self.check_unicode(env::vars_os())
    }

    fn check_unicode(&self, variables: impl Iterator<Item = (OsString, OsString)>) -> Result<(), StartError> {
        let own_prefix = format!("{}__", self.prefix);
        let is_own = |name: &str| {
            name.starts_with(&own_prefix)
                || name == self.file_variable
                || self.aliases.iter().any(|(alias, _)| name.strip_suffix("_FILE").unwrap_or(name) == *alias)
        };
        let mut unreadable = variables.filter(|(_, value)| value.to_str().is_none());
        match unreadable.find(|(name, _)| is_own(&name.to_string_lossy())) {
            None => Ok(()),
            Some((name, _)) => {
                Err(StartError::new(name.to_string_lossy(), "it is not valid UTF-8", "Encode it in UTF-8."))
            }
        }
    }

    /// The settings in these variables, by key.
    ///
    /// # Errors
    /// For an unknown variable, and a file of a secret that cannot be read.
    pub(super) fn overrides(
        &self,
        environment: &BTreeMap<String, String>,
        known: &[String],
    ) -> Result<BTreeMap<String, (String, SettingOrigin)>, StartError> {
        let mut overrides = BTreeMap::new();
        let own_prefix = format!("{}__", self.prefix);
        let inline =
            |name: &String, value: &String| (value.clone(), SettingOrigin::Environment { variable: name.clone() });
        let in_file = |name: &String, path: &String, text| {
            (text, SettingOrigin::SecretFile { path: path.clone(), variable: name.clone() })
        };
        // Aliases first: the variable itself takes precedence.
        for (name, value) in environment {
            for (alias, key) in self.aliases {
                if name == alias {
                    overrides.insert((*key).to_owned(), inline(name, value));
                } else if self.secrets.contains(key) && name.strip_suffix("_FILE") == Some(alias) {
                    let text = read_secret(name, value, alias, environment)?;
                    overrides.insert((*key).to_owned(), in_file(name, value, text));
                }
            }
        }
        for (name, value) in environment {
            let Some(rest) = name.strip_prefix(&own_prefix) else { continue };
            let key = rest.to_lowercase().replace("__", ".");
            if known.contains(&key) {
                overrides.insert(key, inline(name, value));
            } else if let Some(secret) = key.strip_suffix("_file").filter(|key| self.secrets.contains(key)) {
                let text = read_secret(name, value, &self.variable(secret), environment)?;
                overrides.insert(secret.to_owned(), in_file(name, value, text));
            } else {
                return Err(self.unknown(name, &key, known));
            }
        }
        Ok(overrides)
    }

    fn unknown(&self, name: &str, key: &str, known: &[String]) -> StartError {
        let nearest = nearest(key, known).map(|key| self.variable(key)).unwrap_or_default();
        StartError::new(name, "unknown setting", format!("Did you mean {nearest}?"))
    }
}

/// The secret in the file at `path`, which `variable` names; an error if `inline` is set too.
fn read_secret(
    variable: &str,
    path: &str,
    inline: &str,
    environment: &BTreeMap<String, String>,
) -> Result<String, StartError> {
    if environment.contains_key(inline) {
        return Err(StartError::new(variable, format!("{inline} is set as well"), "Set only one of them."));
    }
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => StartError::new(
            variable,
            format!("{path} is not text in UTF-8"),
            "Save it in UTF-8; convert a binary key to PEM, as with `openssl pkey -inform DER`.",
        ),
        _ => StartError::new(
            variable,
            format!("cannot read {path}: {error}"),
            "Set it to a file that this user can read.",
        ),
    })?;
    // Editors and `echo` append a newline to the secret.
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
