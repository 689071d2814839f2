//! `auth-service doctor`.

mod contents;
mod own_name;
mod planted_faults;
mod server;
mod sqlite_files;

use service_kit::testing::DoctorReport;

use super::{NEW_MASTER_KEY, done, init, run, run_with, usual_variables};
use crate::support::Database;

/// 32 bytes in base64 that nobody has typed in.
const RANDOM_KEY: &str = "djkNHcraLF2+UETF37irKkfBPxsl6EuR2HVqiXRqIEA=";

/// The report on this database, by which the program must end with this code.
fn doctor(database: &Database, code: i32) -> DoctorReport {
    report(database, &[], code)
}

fn report(database: &Database, variables: &[(&str, &str)], code: i32) -> DoctorReport {
    let ended = run_with(database, variables, &["doctor", "--json"]);
    assert_eq!(ended.code, Some(code), "{ended:?}");
    DoctorReport::of(&ended)
}

/// The settings of a sound system.
fn sound_variables(database: &Database) -> Vec<(&str, &str)> {
    vec![
        ("AUTH__DATABASE__URL", database.url()),
        ("AUTH__MASTER_KEY", RANDOM_KEY),
        ("AUTH__LISTEN", "127.0.0.1:0"),
        // Nothing listens there.
        ("AUTH__ISSUER", "http://127.0.0.1:1"),
    ]
}
