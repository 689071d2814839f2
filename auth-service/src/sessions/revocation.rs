//! Revocation of sessions and their access tokens.

use diesel::QueryResult;
use shared::UnixTime;

use super::store;
use crate::{
    ids::{SessionId, UserId},
    status::mark::{Mark, TokensOf},
    unit_of_work::Tx,
};

/// Ends a session. Returns its user, or `None` if it had already ended.
///
/// # Errors
/// Database errors.
pub fn end(tx: &mut Tx<'_>, id: SessionId, now: UnixTime) -> QueryResult<Option<UserId>> {
    tx.mark(Mark::revoked(TokensOf::Session(id)));
    store::end(tx, id, now)
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
        tx.mark_in_passing(Mark::revoked(TokensOf::Session(*id)));
        store::end(tx, *id, now)?;
    }
    Ok(over)
}

/// Ends all sessions of a user but `except`. Returns their number.
///
/// # Errors
/// Database errors.
pub fn end_all_of(tx: &mut Tx<'_>, user_id: UserId, except: Option<SessionId>, now: UnixTime) -> QueryResult<usize> {
    tx.mark(Mark::revoked(TokensOf::User { id: user_id, except }));
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
