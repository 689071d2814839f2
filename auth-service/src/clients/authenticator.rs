//! Clients are authenticated.

use std::sync::Arc;

use shared::UnixTime;

use super::{
    authentication::{Client, SentCredentials},
    client_id::ClientId,
    client_secret::SecretHash,
    error::ClientAuthenticationError,
    store::{self, ClientRow},
};
use crate::{
    audit::{
        event::Action,
        refusals::{Refusal, Refusals},
    },
    db::Db,
    guessing::guesses::Guesses,
};

/// Authenticates clients, within the limits on guessing.
pub struct ClientAuthenticator {
    db: Db,
    guesses: Arc<Guesses>,
    refusals: Arc<Refusals>,
}

impl ClientAuthenticator {
    /// For the clients in this database.
    pub fn new(db: Db, guesses: Arc<Guesses>, refusals: Arc<Refusals>) -> Self {
        Self { db, guesses, refusals }
    }

    /// The client with these credentials, if they are valid; a refusal is counted for the audit log.
    ///
    /// # Errors
    /// [`ClientAuthenticationError::TooMany`] if the address has failed too often; or that the client cannot be looked up.
    pub async fn authenticate(
        &self,
        sent: SentCredentials,
        address: Option<String>,
        now: UnixTime,
    ) -> Result<Option<Client>, ClientAuthenticationError> {
        let request = self.guesses.begin(self.guesses.sender(address.as_deref(), None, now), now)?;
        // A request has to send the whole id.
        let id = sent.id.parse::<ClientId>().ok().filter(|id| id.as_str() == sent.id);
        let secret = SecretHash::of(sent.secret.expose());
        let found = match id {
            Some(id) => self.db.run(move |conn| store::find(conn, &id)).await?,
            None => None,
        };
        // An id that no client has may be a secret in the wrong place.
        let subject = found.as_ref().map(|client| client.id.clone());
        if let Some(client) = found.filter(|client| client.has_secret(&secret, now))
            && let Ok(scopes) = client.scopes.parse()
        {
            return Ok(Some(Client { id: client.id, scopes, secret }));
        }
        request.fail(now);
        let refusal = Refusal { action: Action::ClientRefused, subject, reason: None };
        self.refusals.note(refusal, address, now).await;
        Ok(None)
    }
}

impl ClientRow {
    fn has_secret(&self, secret: &SecretHash, now: UnixTime) -> bool {
        let is_valid = self.previous_until.is_some_and(|until| now < until);
        let previous = self.previous_secret_hash.as_deref().filter(|_| is_valid);
        secret.is(&self.secret_hash) || previous.is_some_and(|previous| secret.is(previous))
    }
}
