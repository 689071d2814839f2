//! The audit log in the database.

use diesel::{ExpressionMethods, QueryResult, RunQueryDsl};
use shared::UnixTime;

use super::event::Event;
use crate::{
    db::{DbConnection, next_number},
    schema::audit_log,
};

/// Writes a line. To be run in the transaction that does what it tells.
pub fn insert(conn: &mut DbConnection, event: &Event, now: UnixTime) -> QueryResult<()> {
    let row = (
        audit_log::id.eq(next_number(conn, "audit_log")?),
        audit_log::at.eq(now.seconds()),
        audit_log::actor.eq(&event.actor),
        audit_log::action.eq(event.action.name()),
        audit_log::subject.eq(&event.subject),
        audit_log::address.eq(&event.address),
        audit_log::detail.eq(&event.detail),
    );
    diesel::insert_into(audit_log::table).values(row).execute(conn).map(drop)
}
