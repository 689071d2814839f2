//! A line of the audit log.

use diesel::Queryable;
use serde::Serialize;

/// A line of the audit log, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Serialize)]
pub struct AuditLine {
    /// Its number: a later line has a higher one.
    pub id: i64,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Who did it, if that is known.
    pub actor: Option<String>,
    /// What was done.
    pub action: String,
    /// Whom or what it was done to.
    pub subject: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
    /// What else is to be known.
    pub detail: Option<String>,
}
