//! The report on all checks.

use serde::Serialize;

use super::{
    check::{Check, Status},
    examined::SETTINGS_CHECK,
};
use crate::output::{Failure, printable, say, say_json};

#[derive(Serialize)]
pub struct Report {
    checks: Vec<Check>,
    /// Whether there is no error. There may be warnings.
    ok: bool,
}

impl Report {
    pub fn new(checks: Vec<Check>) -> Self {
        let ok = checks.iter().all(|check| check.status != Status::Error);
        Self { checks, ok }
    }

    /// Prints it, and fails if there is an error; if it is one of the settings, as a service does that cannot start.
    pub fn finish(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            say_json(self)?;
        } else {
            self.say();
        }
        let errors = self.checks.iter().filter(|check| check.status == Status::Error);
        let mut names: Vec<_> = errors.map(|check| check.name).collect();
        names.dedup();
        let summary = format!("checks that failed: {}", names.join(", "));
        match names.first() {
            None => Ok(()),
            Some(_) if names.contains(&SETTINGS_CHECK) => Err(Failure::InvalidSettings(summary)),
            Some(_) => Err(Failure::Refused(summary)),
        }
    }

    fn say(&self) {
        for Check { name, status, detail, remedy } in &self.checks {
            say(format!("{}  {name}: {}", status.as_str(), printable(detail)));
            if let Some(remedy) = remedy {
                say(format!("  {}", printable(remedy)));
            }
        }
    }
}
