//! `auth-service config`.

use clap::Args;
use serde_json::Value;

use super::output::{Failure, say, say_json};
use crate::config::{Config, SETTINGS};

/// How to show the settings.
#[derive(Args)]
pub(super) struct Arguments {
    /// Print JSON instead of one environment variable per line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    if arguments.json {
        return say_json(config);
    }
    let settings = serde_json::to_value(config).map_err(Failure::refused)?;
    say_variables("", &settings);
    Ok(())
}

fn say_variables(path: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                say_variables(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, member);
            }
        }
        Value::Null => say(format!("{}=", SETTINGS.variable(path))),
        Value::String(text) => say(format!("{}={text}", SETTINGS.variable(path))),
        other => say(format!("{}={other}", SETTINGS.variable(path))),
    }
}
