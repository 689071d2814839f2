//! Changes of clients.

use std::time::Duration;

use service_kit::error_chain;
use shared::{Secret, UnixTime};

use super::{
    authentication::{Client, SentCredentials},
    client_id::ClientId,
    client_secret::{self, SecretHash},
    error::ClientError,
    scopes::Scopes,
    store::{self, ClientRow},
};
use crate::{
    audit::{
        actor::Actor,
        event::{Action, Event},
    },
    counters::AUDIT_FAILURES,
    db::{Abort, Db, DbError, is_unique_violation},
    status::mark::{Mark, TokensOf},
    unit_of_work::{Tx, UnitOfWork},
};

/// Adds, authenticates, changes and removes clients: each change in one unit of work.
pub struct Clients {
    db: Db,
    work: UnitOfWork,
}

/// A new secret of a client.
pub struct RotatedSecret {
    /// The secret.
    pub secret: Secret,
    /// Until when the previous one stays valid; `None` if it is no longer valid.
    pub previous_until: Option<UnixTime>,
}

impl Clients {
    /// The clients in this database.
    pub fn new(db: Db, work: UnitOfWork) -> Self {
        Self { db, work }
    }

    /// Adds a client and returns its secret.
    ///
    /// # Errors
    /// [`ClientError::AlreadyExists`], [`ClientError::NoRandomness`], or database errors.
    pub async fn create(&self, id: ClientId, scopes: Scopes, by: Actor, now: UnixTime) -> Result<Secret, ClientError> {
        let secret = client_secret::generate()?;
        let hash = SecretHash::of(secret.expose());
        let created = self.work.run(now, move |tx| {
            store::insert(tx, &id, &hash, &scopes, now).map_err(|error| {
                if is_unique_violation(&error) { ClientError::AlreadyExists.into() } else { Abort::from(error) }
            })?;
            let detail = scopes.claim().map(|scopes| format!("scope {scopes}"));
            tx.audit(Event { detail, ..by.did(Action::ClientCreated, id.as_str()) });
            Ok(())
        });
        created.await.map(|()| secret)
    }

    /// All clients, in the order of their ids.
    ///
    /// # Errors
    /// Database errors.
    pub async fn list(&self) -> Result<Vec<ClientRow>, DbError> {
        self.db.run(store::all).await
    }

    /// Issues a new secret. The previous one remains valid for `grace`; if that is zero, as for a leaked secret, the client's
    /// tokens are revoked too.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::NoRandomness`], or database errors.
    pub async fn rotate(
        &self,
        id: ClientId,
        grace: Duration,
        by: Actor,
        now: UnixTime,
    ) -> Result<RotatedSecret, ClientError> {
        let secret = client_secret::generate()?;
        let hash = SecretHash::of(secret.expose());
        let previous_until = (!grace.is_zero()).then(|| now.plus(grace));
        let rotated = self.work.run(now, move |tx| {
            if !store::replace_secret(tx, &id, &hash, previous_until)? {
                return Err(ClientError::NoSuchClient.into());
            }
            let detail = if previous_until.is_some() {
                format!("previous secret valid for {} s", grace.as_secs())
            } else {
                revoke_tokens_of(tx, &id);
                "previous secret revoked".to_owned()
            };
            tx.audit(by.did(Action::ClientRotated, id.as_str()).with_detail(detail));
            Ok(())
        });
        rotated.await.map(|()| RotatedSecret { secret, previous_until })
    }

    /// Removes a client and revokes its tokens.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], or database errors.
    pub async fn delete(&self, id: ClientId, by: Actor, now: UnixTime) -> Result<(), ClientError> {
        self.work
            .run(now, move |tx| {
                if !store::delete(tx, &id)? {
                    return Err(ClientError::NoSuchClient.into());
                }
                revoke_tokens_of(tx, &id);
                tx.audit(by.did(Action::ClientDeleted, id.as_str()));
                Ok(())
            })
            .await
    }

    /// The client with these credentials, if they are valid; a rejection is recorded in the audit log.
    ///
    /// # Errors
    /// [`DbError`] if the client cannot be looked up.
    pub async fn authenticate(
        &self,
        sent: SentCredentials,
        address: Option<String>,
        now: UnixTime,
    ) -> Result<Option<Client>, DbError> {
        // A request has to send the whole id.
        let id = sent.id.parse::<ClientId>().ok().filter(|id| id.as_str() == sent.id);
        let secret = SecretHash::of(sent.secret.expose());
        // An invalid id may be a secret in the wrong place.
        let subject = id.as_ref().map(|id| id.as_str().to_owned());
        if let Some(id) = id {
            let found = self.db.run(move |conn| store::find(conn, &id)).await?;
            if let Some(client) = found.filter(|client| client.has_secret(&secret, now))
                && let Ok(scopes) = client.scopes.parse()
            {
                return Ok(Some(Client { id: client.id, scopes, secret }));
            }
        }
        self.note_refusal(subject, address, now).await;
        Ok(None)
    }

    /// The response to the client does not depend on whether this succeeds.
    async fn note_refusal(&self, subject: Option<String>, address: Option<String>, now: UnixTime) {
        let event = Event { actor: None, action: Action::ClientRefused, subject, address, detail: None };
        let noted = self.work.run(now, move |tx| {
            tx.audit(event);
            Ok::<_, Abort<DbError>>(())
        });
        if let Err(error) = noted.await {
            AUDIT_FAILURES.add(1);
            log::error!("a failed client authentication is missing from the audit log: {}", error_chain(&error));
        }
    }
}

/// The client's row is locked before, so that a token that is being issued is seen.
fn revoke_tokens_of(tx: &mut Tx<'_>, id: &ClientId) {
    tx.mark(Mark::revoked(TokensOf::Client(id.as_str().to_owned())));
}

impl ClientRow {
    fn has_secret(&self, secret: &SecretHash, now: UnixTime) -> bool {
        let is_valid = self.previous_until.is_some_and(|until| now < until);
        let previous = self.previous_secret_hash.as_deref().filter(|_| is_valid);
        secret.is(&self.secret_hash) || previous.is_some_and(|previous| secret.is(previous))
    }
}
