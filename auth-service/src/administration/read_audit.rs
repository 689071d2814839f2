//! `GET /audit`.

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use service_kit::{ApiError, QueryString, RequestError};
use shared::UnixTime;
use utoipa::{IntoParams, ToSchema};

use crate::{
    audit::{event::Action, filter::Filter, line::AuditLine, store},
    authority::current_admin::CurrentAdmin,
    db::{Db, DbConnection},
    page::{self, Limit, Page},
};

/// A filter, and the requested page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Exact match.
    #[param(nullable = false, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    actor: Option<String>,
    /// Exact match.
    #[param(nullable = false, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    subject: Option<String>,
    /// What was done.
    #[param(inline, nullable = false)]
    action: Option<Action>,
    /// Only events at this time or later, in seconds since 1970.
    #[param(value_type = i64, nullable = false, required = false)]
    since: Option<UnixTime>,
    /// Only events before this time, in seconds since 1970.
    #[param(value_type = i64, nullable = false, required = false)]
    until: Option<UnixTime>,
    /// Only events with a smaller id.
    #[serde(default = "AuditQuery::no_end", deserialize_with = "page::position")]
    #[param(required = false, minimum = 0, maximum = 9_223_372_036_854_775_807_i64)]
    before: i64,
    /// The maximum number of results.
    #[serde(default)]
    #[param(inline, required = false)]
    limit: Limit,
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub struct AuditPart {
    events: Vec<AuditLine>,
    /// The value of `before` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_before: Option<i64>,
}

impl AuditQuery {
    fn no_end() -> i64 {
        i64::MAX
    }

    fn filter(self) -> Result<Filter, RequestError> {
        let Self { actor, subject, action, since, until, .. } = self;
        let filter = Filter { actor, subject, action, since, until };
        if filter.is_valid() {
            Ok(filter)
        } else {
            Err(RequestError::InvalidQuery("control characters are not allowed".to_owned()))
        }
    }
}

/// `GET /audit`: the audit log, newest first. For admins; the role is read from the database.
///
/// # Errors
/// 403 without the role.
pub async fn read_audit(
    CurrentAdmin(admin): CurrentAdmin,
    query: QueryString<AuditQuery>,
    db: Data<Db>,
) -> Result<Json<AuditPart>, ApiError> {
    let AuditQuery { before, limit, .. } = query.0;
    let (filter, limit) = (query.0.filter()?, limit.count());
    let newest = move |conn: &mut DbConnection| store::newest(conn, &filter, before, page::wanted(limit));
    let found = admin.read::<_, ApiError>(&db, UnixTime::now(), newest).await?;
    let page = Page::of(found, limit);
    Ok(Json(AuditPart { next_before: page.next().map(|line| line.id), events: page.items }))
}
