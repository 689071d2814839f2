//! A line of the audit log.

use diesel::Queryable;
use serde::Serialize;
use shared::UnixTime;

/// A line of the audit log, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Serialize)]
pub struct AuditLine {
    /// Its number: a later line has a higher one.
    pub id: i64,
    /// When.
    pub at: UnixTime,
    /// Who did it, if known.
    pub actor: Option<String>,
    /// What was done.
    pub action: String,
    /// The user, client or key that it was done to.
    pub subject: Option<String>,
    /// The address of the request, or words where there is none.
    pub address: Option<String>,
    /// Details.
    pub detail: Option<String>,
}
