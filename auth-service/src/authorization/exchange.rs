//! Codes are exchanged for tokens.

use shared::UnixTime;

use super::{
    authorizations::Authorizations,
    code::{Exchange, StoredCode},
    error::AuthorizationError,
    store,
};
use crate::{
    audit::{actor::Actor, event::Action},
    authority,
    client_info::ClientInfo,
    clients,
    db::Abort,
    sessions::{
        granted::Granted,
        lifetimes::ApplicationGrant,
        logins::insert_session,
        revocation,
        session_tokens::{Freshness, IssuedTokens, insert_access_token},
        store as sessions,
    },
    unit_of_work::Tx,
    users::store as users,
};

impl Authorizations {
    /// Exchanges a code for tokens: a session of the application, beneath that of the browser (RFC 6749, section 4.1.3). A second
    /// valid use ends what the first has begun (section 4.1.2).
    ///
    /// # Errors
    /// [`AuthorizationError::InvalidCode`], or that no tokens can be issued now.
    pub async fn exchange(
        &self,
        sent: Exchange,
        from: ClientInfo,
        now: UnixTime,
    ) -> Result<IssuedTokens, AuthorizationError> {
        let (asked, lifetimes) = (sent.clone(), self.tokens.lifetimes);
        // A request without a valid code costs one database read and no more.
        let known = self.db.run(move |conn| store::find_code(conn, &asked.code_hash)).await?;
        if !known.is_some_and(|code| code.belongs_to(&sent)) {
            return Err(AuthorizationError::InvalidCode);
        }
        let client = sent.client.clone();
        let entry = self.tokens.reserve_entry(now).await?;
        let exchanged = self.work.run(now, move |tx| {
            let code = store::find_code(tx, &sent.code_hash)?.filter(|code| code.belongs_to(&sent));
            let Some(code) = code else { return Err(AuthorizationError::InvalidCode.into()) };
            if sent.resource.is_some() && sent.resource != code.audience {
                return Err(AuthorizationError::InvalidTarget.into());
            }
            if code.session_id.is_some() {
                return end_what_began(tx, &code.code_hash, from, now);
            }
            authority::store::lock(tx, code.user_id, code.browser_id)?;
            let Some(user) = users::find_enabled(tx, code.user_id)? else {
                return Err(AuthorizationError::InvalidCode.into());
            };
            let live = sessions::note_use(tx, code.browser_id, lifetimes.idle_end(now), now)?;
            if live.is_none() || code.expires_at <= now {
                return Err(AuthorizationError::InvalidCode.into());
            }
            let Some(browser) = sessions::take_token(tx, code.browser_id, lifetimes.tokens, now)? else {
                let too_many = live.map(|session| lifetimes.too_many_tokens(&session, now));
                return Err(too_many.map_or(AuthorizationError::InvalidCode, AuthorizationError::TooMany).into());
            };
            if !clients::store::note_use(tx, &sent.client, now)? {
                return Err(AuthorizationError::InvalidCode.into());
            }
            let StoredCode { code_hash, client_id, scope, audience, auth_time, nonce, .. } = code;
            let granted = Granted { scopes: scope.parse().unwrap_or_default(), audience };
            let grant = ApplicationGrant { client_id, granted, auth_time };
            let session = lifetimes.new_application_session(&browser, grant, now);
            if !store::note_exchange(tx, &code_hash, session.id)? {
                return end_what_began(tx, &code_hash, from, now);
            }
            insert_session(tx, &session, lifetimes, &Actor::named(&user.username, from.address), now)?;
            let entry = insert_access_token(tx, &session, entry, lifetimes, now)?;
            Ok(Some((user, session, entry, nonce)))
        });
        let (user, session, entry, nonce) = exchanged.await?.ok_or(AuthorizationError::InvalidCode)?;
        let tokens = self.tokens.token_pair(&client.user(user), &session, entry, Freshness::Refreshed, now)?;
        Ok(self.tokens.with_id_token(tokens, &session, nonce.as_deref(), now)?)
    }
}

/// Two holders of one code: one of them has stolen it.
fn end_what_began<T>(
    tx: &mut Tx<'_>,
    code_hash: &str,
    from: ClientInfo,
    now: UnixTime,
) -> Result<Option<T>, Abort<AuthorizationError>> {
    let Some(code) = store::find_code(tx, code_hash)? else { return Ok(None) };
    if let Some(session) = code.session_id
        && revocation::end(tx, session, now)?.is_some()
    {
        let reused = Actor::unknown(from.address).did(Action::CodeReused, code.client_id);
        tx.audit(reused.with_detail(format!("session {session}")));
    }
    Ok(None)
}
