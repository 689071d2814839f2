//! Redemption of refresh tokens.

use diesel::QueryResult;
use shared::{AuthError, UnixTime, User, errors::Flaw};

use super::{
    error::SessionError, lifetimes::Lifetimes, refresh_token::RefreshToken, revocation, session::Session, store,
};
use crate::{
    audit::{actor::Actor, event::Action},
    client_info::ClientInfo,
    db::Abort,
    unit_of_work::Tx,
    users::store as users,
};

/// Redeems a refresh token: returns its user and session, or why it is rejected.
///
/// A token whose successor is unused is accepted again for a while, since the response may have been lost; it returns the same
/// successor. It has to come from `holder`, the client that it was issued to. Any other old token is assumed to be stolen, and its session ends (RFC 9700, section 4.14.2).
///
/// # Errors
/// Database errors. A rejection is not an error: what it has written is committed.
pub fn redeem(
    tx: &mut Tx<'_>,
    token: RefreshToken,
    holder: Option<&str>,
    lifetimes: Lifetimes,
    client: &ClientInfo,
    now: UnixTime,
) -> Result<Result<(User, Session), SessionError>, Abort<SessionError>> {
    let session = match store::rotate(tx, token, lifetimes.idle_end(now), lifetimes.tokens, now)? {
        Some(session) => Some(session),
        None => store::rotate_again(tx, token, now.minus(lifetimes.reuse_grace), lifetimes.tokens, now)?,
    };
    let Some(session) = session else { return Ok(Err(refuse(tx, token, holder, lifetimes, client, now)?)) };
    if session.client_id.as_deref() != holder {
        // Rolled back: the token is as valid as before to its own client.
        return Err(AuthError::Invalid(Flaw::RefreshToken).into());
    }
    let user = users::find_enabled(tx, session.user_id)?;
    Ok(user.map(|user| (user, session)).ok_or(AuthError::Revoked.into()))
}

fn refuse(
    tx: &mut Tx<'_>,
    token: RefreshToken,
    holder: Option<&str>,
    lifetimes: Lifetimes,
    client: &ClientInfo,
    now: UnixTime,
) -> QueryResult<SessionError> {
    let Some(session) = store::find(tx, token.session)? else { return Ok(AuthError::Revoked.into()) };
    if session.client_id.as_deref() != holder {
        return Ok(AuthError::Invalid(Flaw::RefreshToken).into());
    }
    if session.revoked_at.is_some() {
        return Ok(AuthError::Revoked.into());
    }
    if session.expires_at() <= now {
        return Ok(AuthError::Expired.into());
    }
    if token.generation > session.generation {
        // Signed by us and never spent: the database is older than the token, as after a restored backup.
        log::warn!(
            "the refresh token of session {} has an unknown generation: was the database restored from a backup?",
            session.id
        );
        return Ok(AuthError::Revoked.into());
    }
    if token.is_of_earlier_era(session.generation) {
        // Replaced by a password change rather than spent: no sign of theft.
        return Ok(AuthError::Revoked.into());
    }
    let may_retry =
        token.generation + 1 == session.generation && session.rotated_at >= now.minus(lifetimes.reuse_grace);
    if token.generation == session.generation || may_retry {
        // The token is good: the session has had too many access tokens.
        return Ok(lifetimes.too_many_tokens(&session, now).into());
    }
    revocation::end(tx, session.id, now)?;
    let username = users::find_username(tx, session.user_id)?.unwrap_or_default();
    let generations = format!("session {}, generation {} of {}", session.id, token.generation, session.generation);
    let reused = Actor::unknown(client.address.clone()).did(Action::RefreshTokenReused, username);
    tx.audit(reused.with_detail(generations));
    Ok(SessionError::TokenReused)
}
