//! `GET /audit`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use service_kit::{ApiError, Form, QueryString, RequestError};
use shared::UnixTime;

use super::{filter::Filter, line::AuditLine, store};
use crate::{db::Db, users::current_admin::CurrentAdmin};

/// Which part of the log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    actor: Option<String>,
    subject: Option<String>,
    action: Option<String>,
    since: Option<UnixTime>,
    until: Option<UnixTime>,
    /// Lines with numbers below this one.
    #[serde(default = "AuditQuery::no_end")]
    before: i64,
    #[serde(default = "AuditQuery::usual_limit")]
    limit: u16,
    /// The token, where tokens may come in the query string.
    #[serde(default, rename = "jwt")]
    _token: Option<IgnoredAny>,
}

/// Part of the log.
#[derive(Serialize)]
pub struct AuditPart {
    events: Vec<AuditLine>,
    /// What `before` is to be for the next part; not there in the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<i64>,
}

impl Form for AuditQuery {
    const SHAPE: &'static str = r#""actor", "subject", "action" (the name of one), "since" and "until" (seconds since 1970), "before" (the id of an event) and "limit" (1 to 1000)"#;
}

impl AuditQuery {
    const MAX_LIMIT: u16 = 1000;

    fn usual_limit() -> u16 {
        100
    }

    fn no_end() -> i64 {
        i64::MAX
    }

    fn filter(self) -> Option<Filter> {
        let Self { actor, subject, since, until, .. } = self;
        let action = self.action.map(|action| action.parse()).transpose().ok()?;
        Some(Filter { actor, subject, action, since, until }).filter(Filter::is_good)
    }
}

/// `GET /audit`: who did what to whom, the newest first. For admins; the role is read from the database.
///
/// # Errors
/// 403 for anybody else.
pub async fn list(_: CurrentAdmin, query: QueryString<AuditQuery>, db: Data<Db>) -> Result<Json<AuditPart>, ApiError> {
    const WRONG: RequestError = RequestError::WrongQuery(AuditQuery::SHAPE);
    let AuditQuery { before, limit, .. } = query.0;
    if before < 0 || !(1..=AuditQuery::MAX_LIMIT).contains(&limit) {
        return Err(WRONG.into());
    }
    let filter = query.0.filter().ok_or(WRONG)?;
    // One more than asked for tells whether there are more.
    let mut events = db.run(move |conn| store::newest(conn, &filter, before, i64::from(limit) + 1)).await?;
    let has_more = events.len() > usize::from(limit);
    events.truncate(limit.into());
    let next_before = events.last().filter(|_| has_more).map(|event| event.id);
    Ok(Json(AuditPart { events, next_before }))
}
