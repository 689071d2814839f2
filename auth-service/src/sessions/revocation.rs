//! Revocation of sessions and their access tokens.

use diesel::QueryResult;
use shared::UnixTime;

use super::{logout_notices, store};
use crate::{
    authority,
    ids::{SessionId, UserId},
    status::mark::{Mark, TokensOf},
    unit_of_work::Tx,
};

/// Ends a session, and those of applications beneath that of a browser. Returns its user, or `None` if it had already ended.
///
/// # Errors
/// Database errors.
pub fn end(tx: &mut Tx<'_>, id: SessionId, now: UnixTime) -> QueryResult<Option<UserId>> {
    end_and_mark(tx, id, Publication::Awaited, now)
}

/// Ends the least recently used sessions of a user who has more than `max` with this new one: a few, so that a login takes no longer
/// for a user who had many before there was a limit. Their ids.
///
/// The login does not wait until the status lists are published again: the next poll of a verifier sees it.
///
/// # Errors
/// Database errors.
pub fn end_least_used(
    tx: &mut Tx<'_>,
    user_id: UserId,
    new: SessionId,
    max: u32,
    now: UnixTime,
) -> QueryResult<Vec<SessionId>> {
    const MAX_ENDED: i64 = 4;
    let over = store::find_surplus(tx, user_id, new, max, MAX_ENDED)?;
    for id in &over {
        end_and_mark(tx, *id, Publication::InPassing, now)?;
    }
    Ok(over)
}

/// Whether the response waits until the status lists are published again.
#[derive(Clone, Copy)]
enum Publication {
    Awaited,
    InPassing,
}

impl Publication {
    fn mark(self, tx: &mut Tx<'_>, mark: Mark) {
        match self {
            Self::Awaited => tx.mark(mark),
            Self::InPassing => tx.mark_in_passing(mark),
        }
    }
}

fn end_and_mark(
    tx: &mut Tx<'_>,
    id: SessionId,
    publication: Publication,
    now: UnixTime,
) -> QueryResult<Option<UserId>> {
    if let Some(user) = store::find_user_of_browser(tx, id)? {
        // Those that end all sessions of a user have locked the user before, too.
        authority::store::lock(tx, user, id)?;
    }
    publication.mark(tx, Mark::revoked(TokensOf::Session(id)));
    let Some((user, browser)) = store::end(tx, id, now)? else { return Ok(None) };
    if browser == Some(id) {
        publication.mark(tx, Mark::revoked(TokensOf::Browser(id)));
        logout_notices::insert_for_browser(tx, user, id, now)?;
        store::end_beneath(tx, id, now)?;
    }
    Ok(Some(user))
}

/// Ends all sessions of a user but `except`. Returns their number.
///
/// # Errors
/// Database errors.
pub fn end_all_of(tx: &mut Tx<'_>, user_id: UserId, except: Option<SessionId>, now: UnixTime) -> QueryResult<usize> {
    tx.mark(Mark::revoked(TokensOf::User { id: user_id, except }));
    logout_notices::insert_for_user(tx, user_id, except, now)?;
    store::end_all_of(tx, user_id, except, now)
}

/// Marks the claims in all access tokens of a user as stale; the sessions are kept, and their next refresh returns new claims.
///
/// # Errors
/// Database errors.
pub fn mark_claims_stale_of(tx: &mut Tx<'_>, user_id: UserId) -> QueryResult<()> {
    tx.mark(Mark::claims_stale(TokensOf::User { id: user_id, except: None }));
    store::lock_all_of(tx, user_id)
}
