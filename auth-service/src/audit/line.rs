//! A line of the audit log.

use diesel::Queryable;
use serde::Serialize;
use shared::UnixTime;
use utoipa::ToSchema;

use super::event::Action;

/// A line of the audit log, as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditLine {
    /// Its id; later events have greater ids.
    pub id: i64,
    /// When.
    pub at: UnixTime,
    /// Who did it, if known.
    #[schema(required = true)]
    pub actor: Option<String>,
    /// What was done.
    #[schema(value_type = Action)]
    pub action: String,
    /// The affected user, client or key.
    #[schema(required = true)]
    pub subject: Option<String>,
    /// The address of the request, or a description if there is none.
    #[schema(required = true)]
    pub address: Option<String>,
    /// Details.
    #[schema(required = true)]
    pub detail: Option<String>,
}
