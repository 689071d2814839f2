//! Layered settings: defaults in code, then a TOML file, then the environment.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fs, io,
    path::Path,
};

use config::{Config, ConfigError, File, FileFormat};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    setting_origins::{SettingOrigin, SettingOrigins},
    start_error::StartError,
};

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

/// The environment of this process, with the variable of `file`.
pub(crate) fn process_environment(spec: &SettingsSpec, file: Option<&Path>) -> Vec<(String, String)> {
    let file = file.map(|path| (spec.file_variable.to_owned(), path.to_string_lossy().into_owned()));
    environment().chain(file).collect()
}

/// The environment of this process. Variables that are not Unicode are left out; those of settings are refused before.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
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
    let known = flatten(&defaults);
    let mut builder = Config::builder();
    let mut origins = SettingOrigins::default();
    if let Some(path) = environment.get(spec.file_variable) {
        let (file, mut values) = read_file(spec.file_variable, Path::new(path))?;
        let has_no_unknown = left_out.contains(&spec.unknown_keys());
        let is_left_out = |key: &String| {
            if known.contains(key) { left_out.contains(&spec.variable(key)) } else { has_no_unknown }
        };
        let removed: Vec<_> = flatten(&values).into_iter().filter(is_left_out).collect();
        for key in &removed {
            remove(&mut values, key);
        }
        check_known(spec.file_variable, path, &values, &known)?;
        for key in known.iter().filter(|key| spec.is_number(key, &defaults)) {
            if let Some(value) = values.pointer(&pointer(key)).filter(|value| !value.is_number()) {
                let problem = format!("{value} in {path} is not a whole number");
                return Err(StartError::new(spec.variable(key), problem, "Write it as a number, such as 60."));
            }
        }
        for key in flatten(&values) {
            origins.set(key, SettingOrigin::File { path: path.clone() });
        }
        builder = if removed.is_empty() {
            builder.add_source(file)
        } else {
            builder.add_source(Config::try_from(&values).map_err(|error| spec.explain(&error))?)
        };
    }
    for (key, (value, origin)) in spec.overrides(&environment, &known)? {
        spec.check_text(&key, &value, &defaults)?;
        builder = builder.set_override(&key, value).map_err(|error| spec.explain(&error))?;
        origins.set(key, origin);
    }
    let settings = builder.build().and_then(Config::try_deserialize).map_err(|error| spec.explain(&error))?;
    Ok((settings, origins))
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

    fn is_number(&self, key: &str, defaults: &Value) -> bool {
        self.optional_numbers.contains(&key) || defaults.pointer(&pointer(key)).is_some_and(Value::is_number)
    }

    /// Refuses values that nobody means: settings files from other systems leave a carriage return behind a value, and `on`
    /// would be taken for the number 1.
    fn check_text(&self, key: &str, text: &str, defaults: &Value) -> Result<(), StartError> {
        let refused = |problem: &str, remedy: &str| Err(StartError::new(self.variable(key), problem, remedy));
        if self.is_number(key, defaults) {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
            let problem = format!("{text:?} is not a whole number");
            return if is_number { Ok(()) } else { refused(&problem, "Set it to a number, such as 60.") };
        }
        // Keys in PEM have several lines.
        let text = if text.contains("-----BEGIN ") { text.trim_end() } else { text };
        if !text.contains("-----BEGIN ") && text.contains(char::is_control) {
            return refused(
                "it has a line break or another control character",
                "Remove it: look at the end of the value.",
            );
        }
        if !self.secrets.contains(&key) && text.trim() != text {
            return refused("it has white space at its beginning or end", "Remove it.");
        }
        Ok(())
    }

    /// The variable of a key: `tokens.access_ttl_secs` is `AUTH__TOKENS__ACCESS_TTL_SECS`.
    pub fn variable(&self, key: &str) -> String {
        format!("{}__{}", self.prefix, key.replace('.', "__").to_uppercase())
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

    fn overrides(
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

fn read_file(variable: &str, path: &Path) -> Result<(File<config::FileSourceString, FileFormat>, Value), StartError> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        StartError::new(
            variable,
            format!("cannot read {shown}: {error}"),
            "Set it to the path of a TOML file, or unset it.",
        )
    })?;
    let file = File::from_str(&text, FileFormat::Toml);
    let parsed = Config::builder().add_source(file.clone()).build().and_then(Config::try_deserialize::<Value>);
    let parsed = parsed.map_err(|error| {
        // The lines after the first one show the text, which may be a secret.
        let error = error.to_string();
        let place = error.lines().next().unwrap_or_default();
        StartError::new(variable, format!("{shown} is not valid TOML: {place}"), "Correct the file.")
    })?;
    Ok((file, parsed))
}

/// Refuses a key in the file that does not exist.
fn check_known(variable: &str, path: &str, values: &Value, known: &[String]) -> Result<(), StartError> {
    let Some(key) = flatten(values).into_iter().find(|key| !known.contains(key)) else { return Ok(()) };
    let nearest = nearest(&key, known).cloned().unwrap_or_default();
    let problem = format!("unknown key {key:?} in {path}");
    Err(StartError::new(variable, problem, format!("Did you mean {nearest:?}?")))
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

/// The place of a key in JSON (RFC 6901).
pub(crate) fn pointer(key: &str) -> String {
    format!("/{}", key.replace('.', "/"))
}

/// `{"a": {"b": 1}}` has the key `a.b`.
pub(crate) fn flatten(value: &Value) -> Vec<String> {
    let Value::Object(members) = value else { return Vec::new() };
    let mut keys = Vec::new();
    for (name, member) in members {
        if member.is_object() {
            keys.extend(flatten(member).iter().map(|key| format!("{name}.{key}")));
        } else {
            keys.push(name.clone());
        }
    }
    keys
}

/// Removes a key.
fn remove(value: &mut Value, key: &str) {
    let (section, name) = key.rsplit_once('.').map_or((String::new(), key), |(section, name)| (pointer(section), name));
    if let Some(members) = value.pointer_mut(&section).and_then(Value::as_object_mut) {
        members.remove(name);
    }
}

fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a String> {
    known.iter().min_by_key(|known| strsim::damerau_levenshtein(key, known))
}
