//! The report on all checks.

use serde::Serialize;

use super::{
    super::output::{Failure, printable, say, say_json},
    check::{Check, Status},
};

#[derive(Serialize)]
pub(super) struct Report {
    checks: Vec<Check>,
    /// Whether there is no error. There may be warnings.
    ok: bool,
}

impl Report {
    pub(super) fn new(checks: Vec<Check>) -> Self {
        let ok = checks.iter().all(|check| check.status != Status::Error);
        Self { checks, ok }
    }

    /// Prints it, and fails if there is an error.
    pub(super) fn finish(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            say_json(self)?;
        } else {
            self.say();
        }
        let errors = self.checks.iter().filter(|check| check.status == Status::Error);
        let names: Vec<_> = errors.map(|check| check.name).collect();
        if self.ok { Ok(()) } else { Err(Failure::refused(format!("checks that failed: {}", names.join(", ")))) }
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
