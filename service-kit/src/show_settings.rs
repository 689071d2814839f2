//! The command `config`.

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    output::{Failure, printable, say, say_json},
    setting_origins::SettingOrigins,
    settings::{SettingsSpec, flatten, pointer},
};

/// Show the effective settings and where each comes from, with secrets redacted.
#[derive(Args)]
pub struct ShowSettings {
    /// Print JSON instead of one environment variable per line.
    #[arg(long)]
    json: bool,
}

impl ShowSettings {
    /// Prints the settings.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be printed.
    pub fn run(&self, spec: &SettingsSpec, settings: &impl Serialize, origins: &SettingOrigins) -> Result<(), Failure> {
        let settings = serde_json::to_value(settings).map_err(Failure::refused)?;
        let keys = flatten(&settings);
        if self.json {
            let origins: Map<_, _> = keys.into_iter().map(|key| (key.clone(), json!(origins.of(&key)))).collect();
            return say_json(&json!({ "settings": settings, "origins": origins }));
        }
        for key in keys {
            let value = match settings.pointer(&pointer(&key)) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            say(printable(&format!("{}={value}  # {}", spec.variable(&key), origins.of(&key))));
        }
        Ok(())
    }
}
