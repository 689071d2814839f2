//! Settings as far as they can be read.

use std::{collections::BTreeSet, path::Path};

use serde::{Serialize, de::DeserializeOwned};

use super::check::Check;
use crate::{
    setting_origins::{SettingOrigin, SettingOrigins},
    settings::{SettingsSpec, load_settings_without, process_environment},
    start_error::StartError,
};

pub(super) const SETTINGS_CHECK: &str = "settings";

/// Settings as far as they can be read. Each that cannot be read has its default, and an error that says why.
pub struct ExaminedSettings<T> {
    pub settings: T,
    pub origins: SettingOrigins,
    errors: Vec<StartError>,
    /// The variables of what was not read.
    left_out: BTreeSet<String>,
    /// Keys that a variable with an unknown name may be meant for.
    meant: BTreeSet<String>,
    pub(super) spec: &'static SettingsSpec,
    /// Whether nothing was read at all.
    is_given_up: bool,
}

impl<T: DeserializeOwned + Serialize + Default> ExaminedSettings<T> {
    /// The settings of this process and `file`; `check` refuses those with which the service would not start.
    pub fn of_process(
        spec: &'static SettingsSpec,
        file: Option<&Path>,
        check: impl Fn(&T) -> Result<(), StartError>,
    ) -> Self {
        let not_unicode = spec.check_process_unicode().err();
        Self::examine(spec, &process_environment(spec, file), not_unicode.into_iter().collect(), check)
    }

    fn examine(
        spec: &'static SettingsSpec,
        environment: &[(String, String)],
        errors: Vec<StartError>,
        check: impl Fn(&T) -> Result<(), StartError>,
    ) -> Self {
        let left_out = errors.iter().map(|error| error.setting().to_owned()).collect();
        let mut examined = Self {
            settings: T::default(),
            origins: SettingOrigins::default(),
            errors,
            left_out,
            meant: BTreeSet::new(),
            spec,
            is_given_up: false,
        };
        loop {
            let loaded = load_settings_without::<T>(spec, environment.iter().cloned(), &examined.left_out);
            match loaded.and_then(|(settings, origins)| check(&settings).map(|()| (settings, origins))) {
                Ok((settings, origins)) => return Self { settings, origins, ..examined },
                Err(error) => {
                    if !examined.leave_out(error) {
                        return Self { is_given_up: true, ..examined };
                    }
                }
            }
        }
    }

    /// Leaves out the setting of an error; if that has been done before, its section. False if both have been left out.
    fn leave_out(&mut self, error: StartError) -> bool {
        let setting = error.setting().to_owned();
        let defaults = serde_json::to_value(T::default()).unwrap_or_default();
        // Perhaps only a key of the file is unknown.
        let is_first_of_file = setting == self.spec.file_variable && self.left_out.insert(self.spec.unknown_keys());
        if is_first_of_file || self.left_out.insert(setting.clone()) {
            // Also where an alias or the file of a secret sets it.
            self.left_out.extend(self.spec.key_of(&setting).map(|key| self.spec.variable(&key)));
            self.meant.extend(self.spec.meant_by(&setting, &defaults));
            if self.errors.last() != Some(&error) {
                self.errors.push(error);
            }
            return true;
        }
        let section = setting.rsplit_once("__").map_or("", |(section, _)| section);
        let variables = self.spec.variables(&defaults).into_iter();
        let is_in_section = |variable: &String| variable.rsplit_once("__").is_some_and(|(of, _)| of == section);
        let before = self.left_out.len();
        self.left_out.extend(variables.filter(is_in_section));
        self.left_out.len() > before
    }
}

impl<T> ExaminedSettings<T> {
    /// Whether this setting certainly has the value with which the service would start.
    pub fn is_certain(&self, key: &str) -> bool {
        let is_set = *self.origins.of(key) != SettingOrigin::Default;
        let may_be_meant = self.meant.contains(key) || self.left_out.contains(&self.spec.unknown_keys());
        !self.is_given_up && !self.left_out.contains(&self.spec.variable(key)) && (is_set || !may_be_meant)
    }

    /// Whether all of these are certain.
    pub fn are_certain(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.is_certain(key))
    }

    /// A line for each setting that cannot be used; one if all can.
    pub fn checks(&self) -> Vec<Check> {
        if self.errors.is_empty() {
            return vec![Check::ok(SETTINGS_CHECK, "valid")];
        }
        self.errors.iter().map(|error| Check::refused(SETTINGS_CHECK, error)).collect()
    }
}
