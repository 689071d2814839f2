//! Reading the settings of a service.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use config::{Config, ConfigError};
use serde::{Serialize, de::DeserializeOwned};

use super::{environment::process_environment, keys::flatten, spec::SettingsSpec};
use crate::{
    setting_origins::{SettingOrigin, SettingOrigins},
    start_error::StartError,
};

/// The settings of this process, and where they come from; environment variables override `file`.
///
/// # Errors
/// As [`load_settings`].
pub fn load_process_settings<T: DeserializeOwned + Serialize + Default>(
    spec: &SettingsSpec,
    file: Option<&Path>,
) -> Result<(T, SettingOrigins), StartError> {
    spec.check_process_unicode()?;
    load_settings_without(spec, process_environment(spec, file), &BTreeSet::new())
}

/// Reads the settings from the file, if one is named, and from the environment.
///
/// # Errors
/// [`StartError`] for a key that does not exist (with the nearest one that does), a value of the wrong type, or a
/// file that cannot be read.
pub fn load_settings<T: DeserializeOwned + Serialize + Default>(
    spec: &SettingsSpec,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, StartError> {
    load_settings_without(spec, environment, &BTreeSet::new()).map(|(settings, _)| settings)
}

/// The same without the settings of these variables, and with where each setting comes from.
///
/// # Errors
/// As [`load_settings`].
pub(crate) fn load_settings_without<T: DeserializeOwned + Serialize + Default>(
    spec: &SettingsSpec,
    environment: impl IntoIterator<Item = (String, String)>,
    left_out: &BTreeSet<String>,
) -> Result<(T, SettingOrigins), StartError> {
    let is_read = |name: &String| {
        let variable = spec.key_of(name).map(|key| spec.variable(&key));
        !left_out.contains(name) && variable.is_none_or(|variable| !left_out.contains(&variable))
    };
    let environment: BTreeMap<_, _> =
        environment.into_iter().filter(|(name, value)| !value.is_empty() && is_read(name)).collect();
    let defaults = serde_json::to_value(T::default()).unwrap_or_default();
    let mut builder = Config::builder();
    let mut origins = SettingOrigins::default();
    if let Some(path) = environment.get(spec.file_variable) {
        let values = spec.read_file(path, &defaults, left_out)?;
        for key in flatten(&values) {
            origins.set(key, SettingOrigin::File { path: path.clone() });
        }
        builder = builder.add_source(Config::try_from(&values).map_err(|error| spec.explain(&error))?);
    }
    for (key, (value, origin)) in spec.overrides(&environment, &flatten(&defaults))? {
        spec.check_text(&key, &value, &defaults)?;
        builder = builder.set_override(&key, value).map_err(|error| spec.explain(&error))?;
        origins.set(key, origin);
    }
    let settings = builder.build().and_then(Config::try_deserialize).map_err(|error| spec.explain(&error))?;
    Ok((settings, origins))
}

impl SettingsSpec {
    fn explain(&self, error: &ConfigError) -> StartError {
        let key = match error {
            ConfigError::Type { key: Some(key), .. } | ConfigError::At { key: Some(key), .. } => Some(key),
            _ => None,
        };
        let setting = key.map_or_else(|| format!("{} settings", self.prefix), |key| self.variable(key));
        let is_secret = key.is_some_and(|key| self.secrets.contains(&&**key));
        let (problem, remedy) = match error {
            ConfigError::Type { expected, .. } if is_secret => {
                ("it is not of the right type".to_owned(), format!("It must be {expected}."))
            }
            ConfigError::Type { unexpected, expected, .. } => {
                (format!("unexpected {unexpected}"), format!("Set it to {expected}."))
            }
            ConfigError::At { error, .. } => (error.to_string(), "Correct the value.".to_owned()),
            other => (other.to_string(), "Correct the value.".to_owned()),
        };
        StartError::new(setting, problem, remedy)
    }
}
