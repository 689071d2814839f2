//! What a database that comes from a backup needs before it is used.

use std::time::Duration;

use serde::Serialize;
use shared::UnixTime;

use super::store;
use crate::{
    audit::{actor::Actor, event::Action},
    db::{Abort, DbError, skip_numbers},
    sessions::{self, logout_notices},
    status::{self, lists},
    unit_of_work::{Tx, UnitOfWork},
};

/// What was done, or would be.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// Sessions that ended.
    pub sessions_ended: usize,
    /// Notices for the applications that expect logout tokens.
    pub logout_notices: usize,
    /// Status lists whose entries were all revoked: tokens issued after the backup may have any of them.
    pub lists_revoked: Vec<i64>,
    /// Password reset tokens that were deleted: they may have been used since.
    pub password_resets_deleted: usize,
    /// The last number of users, from which the next ones follow.
    pub last_user: i64,
    /// The last number of status lists.
    pub last_list: i64,
    /// The last number of the audit log.
    pub last_audit_event: i64,
}

/// The numbers that are left out, and how long access tokens live.
#[derive(Clone, Copy)]
pub struct Extent {
    /// More than can have been given out since the backup.
    pub skip: i64,
    /// The lifetime of access tokens.
    pub token_ttl: Duration,
}

enum Ended {
    Rehearsed(Restored),
    Failed(DbError),
}

impl From<DbError> for Ended {
    fn from(error: DbError) -> Self {
        Self::Failed(error)
    }
}

/// Makes sure that nothing is given out again that was given out after the backup, and that nothing is valid again that was
/// revoked since: numbers are left out, all sessions end, and every entry of the lists that tokens may refer to is revoked.
///
/// # Errors
/// Database errors; nothing has changed then.
pub async fn settle(work: &UnitOfWork, extent: Extent, is_rehearsal: bool, now: UnixTime) -> Result<Restored, DbError> {
    let settled = work.run_alone(now, move |tx| {
        let restored = settle_in(tx, extent, now)?;
        if is_rehearsal {
            return Err(Abort::Refused(Ended::Rehearsed(restored)));
        }
        let detail = format!("sessions ended: {}", restored.sessions_ended);
        tx.audit(Actor::command_line().did(Action::DatabaseRestored, "database").with_detail(detail));
        Ok(restored)
    });
    match settled.await {
        Ok(restored) | Err(Ended::Rehearsed(restored)) => Ok(restored),
        Err(Ended::Failed(error)) => Err(error),
    }
}

fn settle_in(tx: &mut Tx<'_>, extent: Extent, now: UnixTime) -> Result<Restored, DbError> {
    let logout_notices = logout_notices::insert_for_all(tx, now)?;
    let sessions_ended = sessions::store::end_all(tx, now)?;
    let password_resets_deleted = store::delete_all_resets(tx)?;
    let last_list = skip_numbers(tx, "status_lists", extent.skip)?;
    let lists_revoked = lists::close_all(tx, extent.token_ttl, now)?;
    for id in &lists_revoked {
        status::store::revoke_list(tx, *id)?;
    }
    Ok(Restored {
        sessions_ended,
        logout_notices,
        lists_revoked,
        password_resets_deleted,
        last_user: skip_numbers(tx, "users", extent.skip)?,
        last_list,
        last_audit_event: skip_numbers(tx, "audit_log", extent.skip)?,
    })
}
