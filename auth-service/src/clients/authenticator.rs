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
    db::{Db, DbError},
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

    /// The client with these credentials, if they are valid; a refusal is counted for the audit log. A public client is found by
    /// its id alone; a secret that is sent for one is wrong, whatever it is.
    ///
    /// # Errors
    /// [`ClientAuthenticationError::TooMany`] if the address has failed too often; or that the client cannot be looked up.
    pub async fn authenticate(
        &self,
        sent: SentCredentials,
        address: Option<String>,
        now: UnixTime,
    ) -> Result<Option<Client>, ClientAuthenticationError> {
        // A request has to send the whole id.
        let id = sent.id.parse::<ClientId>().ok();
        let Some(secret) = sent.secret else {
            // An id alone is no guess.
            return Ok(self.find(id).await?.and_then(|row| row.authenticated(None, now)));
        };
        let request = self.guesses.begin(self.guesses.sender(address.as_deref(), None, now), now)?;
        let secret = SecretHash::of(secret.expose());
        let found = self.find(id).await?;
        // An id that no client has may be a secret in the wrong place.
        let subject = found.as_ref().map(|client| client.id.clone());
        if let Some(client) = found.and_then(|row| row.authenticated(Some(secret), now)) {
            return Ok(Some(client));
        }
        request.fail(now);
        let refusal = Refusal { action: Action::ClientRefused, subject, reason: None };
        self.refusals.note(refusal, address, now).await;
        Ok(None)
    }

    async fn find(&self, id: Option<ClientId>) -> Result<Option<ClientRow>, DbError> {
        match id {
            Some(id) => self.db.run(move |conn| store::find(conn, &id)).await,
            None => Ok(None),
        }
    }
}

impl ClientRow {
    fn authenticated(self, secret: Option<SecretHash>, now: UnixTime) -> Option<Client> {
        let kind = self.kind()?;
        let is_valid = match &secret {
            Some(secret) => !kind.is_public() && self.has_secret(secret, now),
            None => kind.is_public(),
        };
        let scopes = self.scopes.parse().ok().filter(|_| is_valid)?;
        let is_first_party = self.first_party == Some(1);
        Some(Client { id: self.id, scopes, secret, kind, is_first_party })
    }

    fn has_secret(&self, secret: &SecretHash, now: UnixTime) -> bool {
        let is_valid = self.previous_until.is_some_and(|until| now < until);
        let previous = self.previous_secret_hash.as_deref().filter(|_| is_valid);
        secret.is(&self.secret_hash) || previous.is_some_and(|previous| secret.is(previous))
    }
}
