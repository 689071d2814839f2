//! The audit log in the database.

use diesel::{Connection, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, dsl};
use shared::UnixTime;

use super::{event::Event, filter::Filter, line::AuditLine};
use crate::{
    db::{DbConnection, Prepare, next_number},
    schema::audit_log,
};

type Query<'a> = dsl::IntoBoxed<'a, audit_log::table, <DbConnection as Connection>::Backend>;

/// Writes a line. To be called last in a transaction, as the unit of work does: all writers wait for the next number until the
/// transaction has ended, so no line ever becomes visible below one that was visible before.
pub fn insert(conn: &mut DbConnection, event: &Event, now: UnixTime) -> QueryResult<()> {
    let row = (
        audit_log::id.eq(next_number(conn, "audit_log")?),
        audit_log::at.eq(now),
        audit_log::actor.eq(&event.actor),
        audit_log::action.eq(event.action.name()),
        audit_log::subject.eq(&event.subject),
        audit_log::address.eq(&event.address),
        audit_log::detail.eq(&event.detail),
    );
    diesel::insert_into(audit_log::table).values(row).prepared().execute(conn).map(drop)
}

/// Up to `limit` lines below the number `before`, the newest first.
pub fn newest(conn: &mut DbConnection, filter: &Filter, before: i64, limit: i64) -> QueryResult<Vec<AuditLine>> {
    filtered(filter).filter(audit_log::id.lt(before)).order(audit_log::id.desc()).limit(limit).load(conn)
}

/// Up to `limit` lines above the number `after`, the oldest first.
pub fn next(conn: &mut DbConnection, filter: &Filter, after: i64, limit: i64) -> QueryResult<Vec<AuditLine>> {
    filtered(filter).filter(audit_log::id.gt(after)).order(audit_log::id).limit(limit).load(conn)
}

/// Deletes the lines before that time, up to the number `last`, and returns how many there were.
pub fn prune(conn: &mut DbConnection, before: UnixTime, last: i64) -> QueryResult<usize> {
    let lines = audit_log::table.filter(audit_log::at.lt(before)).filter(audit_log::id.le(last));
    diesel::delete(lines).execute(conn)
}

fn filtered(filter: &Filter) -> Query<'_> {
    let mut query = audit_log::table.into_boxed();
    if let Some(actor) = &filter.actor {
        query = query.filter(audit_log::actor.eq(actor));
    }
    if let Some(subject) = &filter.subject {
        query = query.filter(audit_log::subject.eq(subject));
    }
    if let Some(action) = filter.action {
        query = query.filter(audit_log::action.eq(action.name()));
    }
    if let Some(since) = filter.since {
        query = query.filter(audit_log::at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_log::at.lt(until));
    }
    query
}
