//! What `doctor --json` of a program reports.
#![expect(clippy::panic, clippy::indexing_slicing, reason = "test code may panic")]

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Ended, Program};

/// The report of `doctor`.
#[derive(Debug)]
pub struct DoctorReport {
    /// The lines, by name; of several with the same name, the last.
    pub checks: BTreeMap<String, Value>,
    /// Name and status of those that are not ok.
    pub faults: Vec<(String, String)>,
    /// Whether there is no error.
    pub ok: bool,
}

impl DoctorReport {
    /// Runs `doctor --json` of the program at `path` with exactly this environment.
    ///
    /// # Panics
    /// If it prints no report, or its exit code contradicts the report.
    pub fn run(path: &str, environment: &[(&str, &str)]) -> Self {
        Self::of(&Program::start(path, &["doctor", "--json"], environment).end())
    }

    /// The report of a program that has ended.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn of(ended: &Ended) -> Self {
        let report: Value = serde_json::from_str(&ended.output).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        let checks = report["checks"].as_array().expect("the report has an array of checks");
        let text = |check: &Value, member: &str| check[member].as_str().expect("it is text").to_owned();
        let names = checks.iter().map(|check| (text(check, "name"), text(check, "status")));
        let faults: Vec<_> = names.filter(|(_, status)| status != "ok").collect();
        for check in checks {
            assert_eq!(check["remedy"].is_null(), check["status"] == "ok", "a fault has a remedy: {check}");
        }
        let has = |name: &str| faults.iter().any(|(of, status)| status == "error" && (name.is_empty() || of == name));
        let code = if has("settings") { 2 } else { i32::from(has("")) };
        let ok = report["ok"].as_bool().expect("the report says whether all is well");
        assert_eq!((ended.code, ok), (Some(code), code == 0), "{ended:?}");
        Self { checks: checks.iter().map(|check| (text(check, "name"), check.clone())).collect(), faults, ok }
    }

    /// The status of this line; empty if there is none.
    pub fn status(&self, name: &str) -> &str {
        self.checks.get(name).and_then(|check| check["status"].as_str()).unwrap_or_default()
    }

    /// What this line says.
    pub fn detail(&self, name: &str) -> &str {
        self.checks.get(name).and_then(|check| check["detail"].as_str()).unwrap_or_default()
    }

    /// Whether there is a line with this name and status.
    pub fn has(&self, name: &str, status: &str) -> bool {
        self.faults.iter().any(|(of, with)| of == name && with == status)
    }

    /// Name and status of the lines that are not ok, except that of the disk, which depends on the machine that runs the tests.
    pub fn planted(&self) -> Vec<(&str, &str)> {
        let faults = self.faults.iter().map(|(name, status)| (&**name, &**status));
        faults.filter(|(name, _)| *name != "disk").collect()
    }
}
