//! Changes of clients.

use std::{io, time::Duration};

use shared::{Secret, UnixTime};

use super::{
    changes::{change, create, delete, issued, replace_secret, revoke_tokens_of},
    client_id::{ClientId, ClientName},
    client_plan::Step,
    client_view::ClientView,
    error::ClientError,
    issued_secret::IssuedSecret,
    kind::Kind,
    registration::Registration,
    sent_registration::SentRegistration,
    store,
};
use crate::{
    audit::event::Action,
    authority::authority::Authority,
    db::{Db, DbConnection},
    page::{self, Page},
    unit_of_work::UnitOfWork,
};

/// Adds, changes and removes clients: each in one unit of work, one at a time across all nodes.
pub struct Clients {
    db: Db,
    work: UnitOfWork,
}

impl Clients {
    /// The clients in this database.
    pub fn new(db: Db, work: UnitOfWork) -> Self {
        Self { db, work }
    }

    /// All clients, in the order of their ids.
    ///
    /// # Errors
    /// [`ClientError::Unauthorized`], or database errors.
    pub async fn list(&self, by: Authority, now: UnixTime) -> Result<Vec<ClientView>, ClientError> {
        let rows = by.read::<_, ClientError>(&self.db, now, store::all).await?;
        Ok(rows.iter().filter_map(|row| ClientView::of(row, now)).collect())
    }

    /// One page of them, and where the next one begins.
    ///
    /// # Errors
    /// [`ClientError::Unauthorized`], or database errors.
    pub async fn page(
        &self,
        after: Option<ClientId>,
        limit: usize,
        by: Authority,
        now: UnixTime,
    ) -> Result<(Vec<ClientView>, Option<String>), ClientError> {
        let read = move |conn: &mut DbConnection| store::page(conn, after.as_ref(), page::wanted(limit));
        let page = Page::of(by.read::<_, ClientError>(&self.db, now, read).await?, limit);
        let next = page.next().map(|row| row.id.clone());
        Ok((page.items.iter().filter_map(|row| ClientView::of(row, now)).collect(), next))
    }

    /// That client.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::Unauthorized`], or database errors.
    pub async fn find(&self, name: ClientName, by: Authority, now: UnixTime) -> Result<ClientView, ClientError> {
        let found = by.read::<_, ClientError>(&self.db, now, move |conn| store::find_named(conn, &name)).await?;
        found.and_then(|row| ClientView::of(&row, now)).ok_or(ClientError::NoSuchClient)
    }

    /// Adds a client. `hand_over` gets it with its secret before the change is committed, so that a secret that nobody received
    /// is never valid.
    ///
    /// # Errors
    /// [`ClientError::AlreadyExists`], [`ClientError::Name`], [`ClientError::NoRandomness`], [`ClientError::NotHandedOver`],
    /// [`ClientError::Unauthorized`], or database errors.
    pub async fn create<T: Send + 'static>(
        &self,
        name: ClientName,
        registration: Registration,
        by: Authority,
        now: UnixTime,
        hand_over: impl FnOnce(IssuedSecret) -> io::Result<T> + Send + 'static,
    ) -> Result<T, ClientError> {
        let created = self.work.run_alone_as(by, now, move |tx, by| {
            let issued = create(tx, &name, &registration, by, now)?;
            hand_over(issued).map_err(|error| ClientError::NotHandedOver(error).into())
        });
        created.await
    }

    /// Replaces what is registered of a client, and returns the changed client. Its kind stays, since its id and its secret
    /// depend on it. Tokens that were issued before keep their scopes until they expire.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::Invalid`], [`ClientError::OtherKind`], [`ClientError::Unauthorized`], or
    /// database errors.
    pub async fn change(
        &self,
        name: ClientName,
        edit: impl FnOnce(SentRegistration) -> SentRegistration + Send + 'static,
        by: Authority,
        now: UnixTime,
    ) -> Result<ClientView, ClientError> {
        self.work
            .run_alone_as(by, now, move |tx, by| {
                let row = store::find_named(tx, &name)?.ok_or(ClientError::NoSuchClient)?;
                let before = row.registered().ok_or(ClientError::NoSuchClient)?.registration;
                let after = edit(SentRegistration::from(&before)).parse().map_err(ClientError::from)?;
                change(tx, &row.id, &before, &after, by)?;
                let changed = store::find_named(tx, &name)?.and_then(|row| ClientView::of(&row, now));
                changed.ok_or_else(|| ClientError::NoSuchClient.into())
            })
            .await
    }

    /// Issues a new secret. The previous one remains valid for `grace`; if that is zero, as for a leaked secret, the client's
    /// tokens are revoked too. `hand_over` gets the secret before the change is committed: see [`Clients::create`].
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::IsPublic`], [`ClientError::NoRandomness`], [`ClientError::NotHandedOver`],
    /// [`ClientError::Unauthorized`], or database errors.
    pub async fn rotate<T: Send + 'static>(
        &self,
        name: ClientName,
        grace: Duration,
        by: Authority,
        now: UnixTime,
        hand_over: impl FnOnce(IssuedSecret) -> io::Result<T> + Send + 'static,
    ) -> Result<T, ClientError> {
        let previous_until = (!grace.is_zero()).then(|| now.plus(grace));
        let rotated = self.work.run_alone_as(by, now, move |tx, by| {
            let client = store::find_named(tx, &name)?.ok_or(ClientError::NoSuchClient)?;
            if client.kind().is_none_or(Kind::is_public) {
                return Err(ClientError::IsPublic.into());
            }
            let secret = replace_secret(tx, &client.id, previous_until)?;
            let detail = if previous_until.is_some() {
                format!("previous secret valid for {} s", grace.as_secs())
            } else {
                revoke_tokens_of(tx, &client.id);
                "previous secret revoked".to_owned()
            };
            tx.audit(by.did(Action::ClientRotated, &client.id).with_detail(detail));
            let issued = issued(tx, &name, Some(secret), now)?;
            hand_over(issued).map_err(|error| ClientError::NotHandedOver(error).into())
        });
        rotated.await
    }

    /// Makes a client what is to be registered, whether it exists or not, and issues it a new secret: for programs that register
    /// their client whenever they start. The previous secret and the tokens obtained with it are revoked.
    ///
    /// # Errors
    /// [`ClientError::Name`], [`ClientError::OtherKind`], [`ClientError::NoRandomness`], or database errors.
    pub async fn ensure(
        &self,
        name: ClientName,
        registration: Registration,
        now: UnixTime,
    ) -> Result<IssuedSecret, ClientError> {
        let ensured = self.work.run_alone_as(Authority::operator(), now, move |tx, by| {
            let Some(row) = store::find_named(tx, &name)? else { return create(tx, &name, &registration, by, now) };
            let before = row.registered().ok_or(ClientError::NoSuchClient)?.registration;
            change(tx, &row.id, &before, &registration, by)?;
            let secret = if before.kind.is_public() { None } else { Some(replace_secret(tx, &row.id, None)?) };
            revoke_tokens_of(tx, &row.id);
            issued(tx, &name, secret, now)
        });
        ensured.await
    }

    /// Removes a client and revokes its tokens. Returns its id.
    ///
    /// # Errors
    /// [`ClientError::NoSuchClient`], [`ClientError::Unauthorized`], or database errors.
    pub async fn delete(&self, name: ClientName, by: Authority, now: UnixTime) -> Result<String, ClientError> {
        self.work
            .run_alone_as(by, now, move |tx, by| {
                let client = store::find_named(tx, &name)?.ok_or(ClientError::NoSuchClient)?;
                delete(tx, &client.id, by, now)?;
                Ok(client.id)
            })
            .await
    }

    /// Makes the clients those of a file, with a secret for each new one that has one: see [`Clients::create`]. `plan` gets the
    /// clients as they are.
    ///
    /// # Errors
    /// Those of `plan`, and of creating, changing and removing clients.
    pub async fn apply(
        &self,
        plan: impl FnOnce(&[ClientView]) -> Result<Vec<Step>, ClientError> + Send + 'static,
        by: Authority,
        now: UnixTime,
        hand_over: impl FnOnce(&[(Step, Option<Secret>)]) -> io::Result<()> + Send + 'static,
    ) -> Result<(), ClientError> {
        let applied = self.work.run_alone_as(by, now, move |tx, by| {
            let clients: Vec<_> = store::all(tx)?.iter().filter_map(|row| ClientView::of(row, now)).collect();
            let mut done = Vec::new();
            for step in plan(&clients)? {
                let secret = match &step {
                    Step::Create { name, registration, .. } => create(tx, name, registration, by, now)?.secret,
                    Step::Change { id, before, after } => change(tx, id, before, after, by).map(|()| None)?,
                    Step::Delete { id } => delete(tx, id, by, now).map(|()| None)?,
                };
                done.push((step, secret));
            }
            hand_over(&done).map_err(|error| ClientError::NotHandedOver(error).into())
        });
        applied.await
    }
}
