//! Codes are issued, and exchanged for tokens.

use std::{sync::Arc, time::Duration};

use shared::UnixTime;

use super::{
    code::{self, Exchange, StoredCode},
    decision::{Decision, Known, decide},
    error::AuthorizationError,
    request::AuthorizationRequest,
    store,
};
use crate::{
    audit::{actor::Actor, event::Action},
    authority,
    client_info::ClientInfo,
    clients::{self, registered, registered_client::RegisteredClient},
    db::{Abort, Db, DbError},
    sessions::{
        browser_login::SignedInBrowser,
        granted::Granted,
        lifetimes::ApplicationGrant,
        logins::insert_session,
        revocation,
        session_tokens::{Freshness, IssuedTokens, SessionTokens, insert_access_token},
        store as sessions,
    },
    tokens::id_token_hint::IdTokenHint,
    unit_of_work::{Tx, UnitOfWork},
    users::store as users,
};

/// Issues authorization codes, and exchanges them for tokens: each in one unit of work.
pub struct Authorizations {
    db: Db,
    work: UnitOfWork,
    tokens: Arc<SessionTokens>,
    resources: Vec<String>,
}

/// How long a code may be exchanged (RFC 6749, section 4.1.2, recommends at most ten minutes).
const CODE_TTL: Duration = Duration::from_mins(1);
/// How long a consent is remembered.
const CONSENT_TTL: Duration = Duration::from_hours(365 * 24);

impl Authorizations {
    /// For the clients and users of this database. Access tokens may have these resources as their audience, beside the default
    /// one.
    pub fn new(db: Db, work: UnitOfWork, tokens: Arc<SessionTokens>, resources: Vec<String>) -> Self {
        Self { db, work, tokens, resources }
    }

    /// The name of the issuer.
    pub fn issuer(&self) -> &str {
        self.tokens.issuer.name()
    }

    /// The audience of access tokens by default.
    pub fn audience(&self) -> &str {
        self.tokens.issuer.audience()
    }

    /// What else may be the audience of an access token.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The client with that id.
    ///
    /// # Errors
    /// Database errors.
    pub async fn find_client(&self, id: &str) -> Result<Option<RegisteredClient>, DbError> {
        const MAX_ID: usize = 100;
        if id.len() > MAX_ID {
            return Ok(None);
        }
        let id = id.to_owned();
        self.db.run(move |conn| registered::find(conn, &id)).await
    }

    /// What an ID token says that was issued here, however long ago.
    pub fn read_hint(&self, token: &str, now: UnixTime) -> Option<IdTokenHint> {
        self.tokens.issuer.read_id_token_hint(token, &self.tokens.keys.ring(), now)
    }

    /// What is to be done with a request that arrived at `began_at`.
    ///
    /// # Errors
    /// Database errors.
    pub async fn decide(
        &self,
        request: &AuthorizationRequest,
        browser: Option<&SignedInBrowser>,
        began_at: UnixTime,
        now: UnixTime,
    ) -> Result<Decision, DbError> {
        let granted = match browser {
            Some(browser) if !request.client.registration.is_first_party => {
                let (user, client) = (browser.session.user_id, request.client.id.clone());
                self.db.run(move |conn| store::granted(conn, user, &client, now)).await?
            }
            _ => None,
        };
        let hint = request.id_token_hint.as_deref().and_then(|token| self.read_hint(token, now));
        // One application learns nothing about the users of another.
        let hint = hint.filter(|hint| hint.client_id == request.client.id);
        let known = Known { browser, granted: granted.as_ref(), hint: hint.as_ref(), began_at };
        Ok(decide(request, &known, now))
    }

    /// A code for the user of that browser session; `None` if the session has ended in the meantime. With `consents`, the user
    /// has just granted the scopes, which is remembered.
    ///
    /// # Errors
    /// [`AuthorizationError`].
    pub async fn issue_code(
        &self,
        request: &AuthorizationRequest,
        browser: &SignedInBrowser,
        consents: bool,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<Option<String>, AuthorizationError> {
        let code = code::generate()?;
        let session = &browser.session;
        let mut stored = StoredCode {
            code_hash: code::hash(&code).ok_or(AuthorizationError::InvalidCode)?,
            client_id: request.client.id.clone(),
            redirect_uri: request.redirect.uri().to_owned(),
            user_id: session.user_id,
            browser_id: session.id,
            auth_time: session.auth_time,
            scope: request.scopes.to_string(),
            audience: request.audience.clone(),
            nonce: request.nonce.clone(),
            challenge: request.challenge.clone(),
            expires_at: now.plus(CODE_TTL),
            session_id: None,
        };
        let (lifetimes, scopes, username) =
            (self.tokens.lifetimes, request.scopes.clone(), browser.user.username.clone());
        let issued = self.work.run(now, move |tx| {
            authority::store::lock(tx, stored.user_id, stored.browser_id)?;
            let client_now = registered::find(tx, &stored.client_id)?;
            let is_registered = client_now.is_some_and(|it| it.allows_redirect_to(&stored.redirect_uri));
            if !is_registered || users::find_enabled(tx, stored.user_id)?.is_none() {
                return Ok::<_, Abort<AuthorizationError>>(false);
            }
            let Some(session) = sessions::note_use(tx, stored.browser_id, lifetimes.idle_end(now), now)? else {
                return Ok(false);
            };
            stored.auth_time = session.auth_time;
            if consents {
                let (user, client_id) = (stored.user_id, &*stored.client_id);
                store::grant(tx, user, client_id, &scopes, now.plus(CONSENT_TTL), now)?;
                let granted = Actor::named(username, client.address).did(Action::ConsentGranted, client_id);
                tx.audit(granted.with_detail(format!("scope {scopes}")));
            }
            store::insert_code(tx, &stored)?;
            Ok(true)
        });
        Ok(issued.await?.then_some(code))
    }

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
        // Whoever has no code costs a look at the database and no more.
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
