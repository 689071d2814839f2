//! The command `config`.

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    output::{Failure, printable, say, say_json},
    setting_origins::{SettingOrigin, SettingOrigins},
    settings::{SettingsSpec, flatten, pointer},
};

/// Show the effective settings and where each comes from, with secrets redacted.
#[derive(Args)]
pub struct ShowSettings {
    /// Print JSON instead of environment variables.
    #[arg(long)]
    json: bool,
}

impl ShowSettings {
    /// Prints the settings.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be printed.
    pub fn run(&self, spec: &SettingsSpec, settings: &impl Serialize, origins: &SettingOrigins) -> Result<(), Failure> {
        let mut settings = serde_json::to_value(settings).map_err(Failure::refused)?;
        let keys = flatten(&settings);
        if self.json {
            let origins: Map<_, _> = keys.into_iter().map(|key| (key.clone(), json!(origins.of(&key)))).collect();
            if let Value::Object(settings) = &mut settings {
                settings.insert("origins".to_owned(), origins.into());
            }
            return say_json(&settings);
        }
        // As an environment file: origins are comments. The program's defaults come last.
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for key in &keys {
            let (variable, origin) = (spec.variable(key), origins.of(key));
            let value = match settings.pointer(&pointer(key)) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            let origin = match origin {
                SettingOrigin::Environment { variable: its } if *its == variable => "environment".to_owned(),
                other => other.to_string(),
            };
            let line = format!("{variable}={value}");
            match groups.iter_mut().find(|(heading, _)| *heading == origin) {
                Some((_, lines)) => lines.push(line),
                None => groups.push((origin, vec![line])),
            }
        }
        groups.sort_by_key(|(heading, _)| *heading == SettingOrigin::Default.to_string());
        for (heading, lines) in groups {
            say(printable(&format!("# {heading}")));
            for line in lines {
                say(printable(&line));
            }
        }
        Ok(())
    }
}
