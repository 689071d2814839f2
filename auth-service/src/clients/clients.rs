//! Changes of clients.

use std::{io, time::Duration};

use shared::{Secret, UnixTime};

use super::{
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
    db::{Abort, Db, DbError, is_unique_violation},
    status::mark::{Mark, TokensOf},
    unit_of_work::{Tx, UnitOfWork},
};

/// Adds, changes and removes clients: each in one unit of work.
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

    /// Adds a client. `hand_over` gets its secret before the change is committed, so that a secret that nobody received is never
    /// valid.
    ///
    /// # Errors
    /// [`ClientError::AlreadyExists`], [`ClientError::NoRandomness`], [`ClientError::NotHandedOver`], or database errors.
    pub async fn create(
        &self,
        id: ClientId,
        scopes: Scopes,
        by: Actor,
        now: UnixTime,
        hand_over: impl FnOnce(&Secret) -> io::Result<()> + Send + 'static,
    ) -> Result<(), ClientError> {
        let secret = client_secret::generate()?;
        let hash = SecretHash::of(secret.expose());
        let created = self.work.run(now, move |tx| {
            store::insert(tx, &id, &hash, &scopes, now).map_err(|error| {
                if is_unique_violation(&error) { ClientError::AlreadyExists.into() } else { Abort::from(error) }
            })?;
            let detail = scopes.claim().map(|scopes| format!("scope {scopes}"));
            tx.audit(Event { detail, ..by.did(Action::ClientCreated, id.as_str()) });
            hand_over(&secret).map_err(|error| ClientError::NotHandedOver(error).into())
        });
        created.await
    }

    /// All clients, in the order of their ids.
    ///
    /// # Errors
    /// Database errors.
    pub async fn list(&self) -> Result<Vec<ClientRow>, DbError> {
        self.db.run(store::all).await
    }

    /// Issues a new secret. The previous one remains valid for `grace`; if that is zero, as for a leaked secret, the client's
    /// tokens are revoked too. `hand_over` gets the secret before the change is committed: see [`Clients::create`].
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::NoRandomness`], [`ClientError::NotHandedOver`], or database errors.
    pub async fn rotate(
        &self,
        id: ClientId,
        grace: Duration,
        by: Actor,
        now: UnixTime,
        hand_over: impl FnOnce(&RotatedSecret) -> io::Result<()> + Send + 'static,
    ) -> Result<(), ClientError> {
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
            let rotated = RotatedSecret { secret, previous_until };
            hand_over(&rotated).map_err(|error| ClientError::NotHandedOver(error).into())
        });
        rotated.await
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
}

/// The client's row is locked before, so that a token that is being issued is seen.
fn revoke_tokens_of(tx: &mut Tx<'_>, id: &ClientId) {
    tx.mark(Mark::revoked(TokensOf::Client(id.as_str().to_owned())));
}
