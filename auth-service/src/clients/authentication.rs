//! Whether a client is who it says.

use service_kit::error_chain;
use shared::{Secret, UnixTime};

use super::{
    client_id::ClientId,
    client_secret::SecretHash,
    scopes::Scopes,
    store::{self, ClientRow},
};
use crate::{
    audit::{
        self,
        event::{Action, Event},
    },
    counters::AUDIT_FAILURES,
    db::{Db, DbError},
};

/// A client that has shown its secret.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// What it may ask for.
    pub scopes: Scopes,
    /// What is stored of the secret that it showed.
    pub shown: SecretHash,
}

/// What a client sends of itself.
pub struct SentCredentials {
    /// Its id, as it was sent.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

/// The client, if id and secret go together; a refusal goes into the audit log.
///
/// # Errors
/// [`DbError`] if that cannot be found out, or not be written down.
pub async fn authenticate(
    db: &Db,
    sent: SentCredentials,
    address: Option<String>,
    now: UnixTime,
) -> Result<Option<Client>, DbError> {
    // On the wire an id is whole.
    let id = sent.id.parse::<ClientId>().ok().filter(|id| id.as_str() == sent.id);
    let secret = SecretHash::of(sent.secret.expose());
    // What is no id may be a secret in the wrong place.
    let subject = id.as_ref().map(|id| id.as_str().to_owned());
    if let Some(id) = id {
        let found = db.run(move |conn| store::find(conn, &id)).await?;
        if let Some(client) = found.filter(|client| client.has_secret(&secret, now))
            && let Ok(scopes) = client.scopes.parse()
        {
            return Ok(Some(Client { id: client.id, scopes, shown: secret }));
        }
    }
    let event = Event { actor: None, action: Action::ClientRefused, subject, address, detail: None };
    // The answer does not depend on whether the line can be written.
    if let Err(error) = db.write(move |conn| audit::store::insert(conn, &event, now).map_err(DbError::from)).await {
        AUDIT_FAILURES.add(1);
        log::error!("a failed client authentication is missing from the audit log: {}", error_chain(&error));
    }
    Ok(None)
}

impl ClientRow {
    fn has_secret(&self, secret: &SecretHash, now: UnixTime) -> bool {
        let counts = self.previous_until.is_some_and(|until| now.seconds() < until);
        let previous = self.previous_secret_hash.as_deref().filter(|_| counts);
        secret.is(&self.secret_hash) || previous.is_some_and(|previous| secret.is(previous))
    }
}
