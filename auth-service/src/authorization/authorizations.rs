//! Codes are issued.

use std::{sync::Arc, time::Duration};

use shared::UnixTime;
use uuid::Uuid;

use super::{
    code::{self, StoredCode},
    error::AuthorizationError,
    request::AuthorizationRequest,
    store,
};
use crate::{
    audit::{actor::Actor, event::Action},
    authority,
    client_info::ClientInfo,
    clients::{registered, registered_client::RegisteredClient, scopes::Scopes},
    db::{Abort, Db, DbError},
    sessions::{
        browser_login::{SignedInBrowser, find_signed_in},
        session_tokens::SessionTokens,
        store as sessions,
    },
    tokens::id_token_hint::IdTokenHint,
    unit_of_work::UnitOfWork,
    users::store as users,
};

/// Issues authorization codes, and exchanges them for tokens: each in one unit of work.
pub struct Authorizations {
    pub(super) db: Db,
    pub(super) work: UnitOfWork,
    pub(super) tokens: Arc<SessionTokens>,
    resources: Vec<String>,
}

/// What the database knows about a request.
pub struct Found {
    /// The client that it names.
    pub client: Option<RegisteredClient>,
    /// The live session of the browser.
    pub browser: Option<SignedInBrowser>,
    /// What its user has granted to the client; `None` also for the operator's own applications.
    pub granted: Option<Scopes>,
}

/// What a user grants.
pub struct Grant<'a> {
    /// What an application asked for.
    pub request: &'a AuthorizationRequest,
    /// Who grants it, in which session.
    pub browser: &'a SignedInBrowser,
    /// The interaction, which is good for one code.
    pub interaction: Uuid,
    /// Whether the user has just consented, which is remembered.
    pub consents: bool,
}

/// Whether there is a code.
pub enum Issued {
    /// This one.
    Code(String),
    /// The interaction has led to one before.
    Before,
    /// The session has ended in the meantime, or the client is registered no more.
    Nothing,
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

    /// What the database knows about a request of that client and the browser with that cookie, in one turn.
    ///
    /// # Errors
    /// Database errors.
    pub async fn look_up(&self, client: Option<&str>, cookie: Option<&str>, now: UnixTime) -> Result<Found, DbError> {
        const MAX_ID: usize = 100;
        let id = client.filter(|id| id.len() <= MAX_ID).map(str::to_owned);
        let cookie = cookie.and_then(|cookie| self.tokens.browser_cookies.read(cookie));
        let found = self.db.run(move |conn| {
            let client = id.as_deref().map(|id| registered::find(conn, id)).transpose()?.flatten();
            let browser = cookie.map(|cookie| find_signed_in(conn, cookie, now)).transpose()?.flatten();
            let granted = match (&client, &browser) {
                (Some(client), Some(browser)) if !client.registration.is_first_party => {
                    store::granted(conn, browser.session.user_id, &client.id, now)?
                }
                _ => None,
            };
            Ok::<_, DbError>(Found { client, browser, granted })
        });
        found.await
    }

    /// What an ID token says that was issued here, however long ago.
    pub fn read_hint(&self, token: &str, now: UnixTime) -> Option<IdTokenHint> {
        self.tokens.issuer.read_id_token_hint(token, &self.tokens.keys.ring(), now)
    }

    /// A code for what a user has granted.
    ///
    /// # Errors
    /// [`AuthorizationError`].
    pub async fn issue_code(
        &self,
        grant: Grant<'_>,
        client: ClientInfo,
        now: UnixTime,
    ) -> Result<Issued, AuthorizationError> {
        let Grant { request, browser, interaction, consents } = grant;
        let code = code::generate()?;
        let session = &browser.session;
        let interaction = interaction.to_string();
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
            interaction_id: Some(interaction.clone()),
        };
        let (lifetimes, scopes, username) =
            (self.tokens.lifetimes, request.scopes.clone(), browser.user.username.clone());
        let issued = self.work.run(now, move |tx| {
            authority::store::lock(tx, stored.user_id, stored.browser_id)?;
            let client_now = registered::find(tx, &stored.client_id)?;
            let is_registered = client_now.is_some_and(|it| it.allows_redirect_to(&stored.redirect_uri));
            if !is_registered || users::find_enabled(tx, stored.user_id)?.is_none() {
                return Ok::<_, Abort<AuthorizationError>>(Issued::Nothing);
            }
            // The row of the session, which is locked, settles the race.
            if store::has_code_of(tx, &interaction)? {
                return Ok(Issued::Before);
            }
            let Some(session) = sessions::note_use(tx, stored.browser_id, lifetimes.idle_end(now), now)? else {
                return Ok(Issued::Nothing);
            };
            stored.auth_time = session.auth_time;
            if consents {
                let (user, client_id) = (stored.user_id, &*stored.client_id);
                store::grant(tx, user, client_id, &scopes, now.plus(CONSENT_TTL), now)?;
                let granted = Actor::named(username, client.address).did(Action::ConsentGranted, client_id);
                tx.audit(granted.with_detail(format!("scope {scopes}")));
            }
            store::insert_code(tx, &stored)?;
            Ok(Issued::Code(code))
        });
        issued.await
    }
}
