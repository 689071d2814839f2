//! Settings in a TOML file.

use std::{collections::BTreeSet, fs, path::Path};

use config::{Config, File, FileFormat};
use serde_json::Value;

use super::{
    keys::{flatten, nearest, pointer, remove},
    spec::SettingsSpec,
};
use crate::start_error::StartError;

impl SettingsSpec {
    /// The values in the file at `path`, without those of the variables that are left out.
    ///
    /// # Errors
    /// If it cannot be read, has an unknown key, or text where a number belongs.
    pub(super) fn read_file(
        &self,
        path: &str,
        defaults: &Value,
        left_out: &BTreeSet<String>,
    ) -> Result<Value, StartError> {
        let known = flatten(defaults);
        let mut values = parse(self.file_variable, Path::new(path))?;
        let has_no_unknown = left_out.contains(&self.unknown_keys());
        let is_left_out = |key: &String| {
            if known.contains(key) { left_out.contains(&self.variable(key)) } else { has_no_unknown }
        };
        for key in flatten(&values).iter().filter(|key| is_left_out(key)) {
            remove(&mut values, key);
        }
        check_known(self.file_variable, path, &values, &known)?;
        for key in known.iter().filter(|key| self.is_number(key, defaults)) {
            if let Some(value) = values.pointer(&pointer(key)).filter(|value| !value.is_number()) {
                let problem = format!("{value} in {path} is not a whole number");
                return Err(StartError::new(self.variable(key), problem, "Write it as a number, such as 60."));
            }
        }
        Ok(values)
    }
}

fn parse(variable: &str, path: &Path) -> Result<Value, StartError> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        StartError::new(
            variable,
            format!("cannot read {shown}: {error}"),
            "Set it to the path of a TOML file, or unset it.",
        )
    })?;
    let file = File::from_str(&text, FileFormat::Toml);
    let parsed = Config::builder().add_source(file).build().and_then(Config::try_deserialize::<Value>);
    parsed.map_err(|error| {
        // The lines after the first one show the text, which may be a secret.
        let error = error.to_string();
        let place = error.lines().next().unwrap_or_default();
        StartError::new(variable, format!("{shown} is not valid TOML: {place}"), "Correct the file.")
    })
}

/// Refuses a key in the file that does not exist.
fn check_known(variable: &str, path: &str, values: &Value, known: &[String]) -> Result<(), StartError> {
    let Some(key) = flatten(values).into_iter().find(|key| !known.contains(key)) else { return Ok(()) };
    let nearest = nearest(&key, known).cloned().unwrap_or_default();
    let problem = format!("unknown key {key:?} in {path}");
    Err(StartError::new(variable, problem, format!("Did you mean {nearest:?}?")))
}
