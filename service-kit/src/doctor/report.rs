//! The report on all checks.

use clap::Args;
use serde::Serialize;

use super::{
    check::{Check, Status},
    examined::SETTINGS_CHECK,
};
use crate::output::{Failure, printable, say, say_json};

/// Exit codes: 0 no errors, but possibly warnings; 1 errors; 2 invalid settings. Checks that an error makes impossible are
/// skipped.
#[derive(Args)]
pub struct ReportFormat {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    checks: Vec<Check>,
    /// Whether there is no error. There may be warnings.
    ok: bool,
}

impl ReportFormat {
    /// Prints a report, and fails if there is an error; if it is one of the settings, as a service does that cannot start.
    pub fn report(&self, checks: Vec<Check>) -> Result<(), Failure> {
        let errors = checks.iter().filter(|check| check.status == Status::Error);
        let mut names: Vec<_> = errors.map(|check| check.name).collect();
        names.dedup();
        let report = Report { checks, ok: names.is_empty() };
        if self.json {
            say_json(&report)?;
        } else {
            report.say();
        }
        let summary = format!("checks that failed: {}", names.join(", "));
        match names.first() {
            None => Ok(()),
            Some(_) if names.contains(&SETTINGS_CHECK) => Err(Failure::InvalidSettings(summary)),
            Some(_) => Err(Failure::Refused(summary)),
        }
    }
}

impl Report {
    fn say(&self) {
        for Check { name, status, detail, remedy } in &self.checks {
            say(format!("{}  {name}: {}", status.as_str(), printable(detail)));
            if let Some(remedy) = remedy {
                say(format!("  {}", printable(remedy)));
            }
        }
    }
}
