//! `auth-service doctor`.

mod contents;
mod server;
mod sqlite_files;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{NEW_MASTER_KEY, done, init, run, run_with, usual_variables};
use crate::support::Database;

#[derive(Debug)]
struct Report {
    checks: BTreeMap<String, Value>,
    ok: bool,
}

impl Report {
    fn parse(json: &str) -> Self {
        let report: Value = serde_json::from_str(json).unwrap();
        let ok = report["ok"].as_bool().unwrap();
        let checks = report["checks"].as_array().unwrap().iter();
        let checks = checks.map(|check| (check["name"].as_str().unwrap().to_owned(), check.clone())).collect();
        Self { checks, ok }
    }

    fn status(&self, name: &str) -> &str {
        self.checks.get(name).map_or("", |check| check["status"].as_str().unwrap())
    }

    fn detail(&self, name: &str) -> &str {
        self.checks[name]["detail"].as_str().unwrap()
    }
}

/// The report on this database, by which the program must end with this code.
fn doctor(database: &Database, code: i32) -> Report {
    report(database, &[], code)
}

fn report(database: &Database, variables: &[(&str, &str)], code: i32) -> Report {
    let ended = run_with(database, variables, &["doctor", "--json"]);
    let report = Report::parse(&ended.output);
    assert_eq!((ended.code, report.ok), (Some(code), code == 0), "{ended:?}");
    report
}
