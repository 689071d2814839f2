//! A line of the audit log.

use diesel::Queryable;
use serde::Serialize;
use shared::UnixTime;

/// A line of the audit log, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Serialize)]
pub struct AuditLine {
    /// Its id; later events have greater ids.
    pub id: i64,
    /// When.
    pub at: UnixTime,
    /// Who did it, if known.
    pub actor: Option<String>,
    /// What was done.
    pub action: String,
    /// The affected user, client or key.
    pub subject: Option<String>,
    /// The address of the request, or a description if there is none.
    pub address: Option<String>,
    /// Details.
    pub detail: Option<String>,
}
