//! Whether the clock agrees with that of the database server.

use service_kit::doctor::{Check, compare_clocks};
use shared::UnixTime;

use crate::db::{DbConnection, time_at};

/// None with SQLite, which has no clock of its own.
pub(super) fn check(conn: &mut DbConnection) -> Option<Check> {
    let before = UnixTime::now();
    let there = time_at(conn);
    let here = before..=UnixTime::now();
    match there {
        Ok(there) => there.map(|there| compare_clocks("the database server's clock", &here, there)),
        Err(error) => Some(Check::error("clock", error.to_string(), "Check the database server.")),
    }
}
