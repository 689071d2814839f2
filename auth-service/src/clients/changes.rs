//! The steps of which changes of clients consist, in a transaction.

use shared::{Secret, UnixTime};

use super::{
    client_id::ClientName,
    client_plan::Differences,
    client_secret::{self, SecretHash},
    client_view::ClientView,
    error::ClientError,
    issued_secret::IssuedSecret,
    registration::Registration,
    store,
};
use crate::{
    audit::{actor::Actor, event::Action},
    db::Abort,
    status::mark::{Mark, TokensOf},
    unit_of_work::Tx,
};

pub(super) fn create(
    tx: &mut Tx<'_>,
    name: &ClientName,
    registration: &Registration,
    by: &Actor,
    now: UnixTime,
) -> Result<IssuedSecret, Abort<ClientError>> {
    let id = name.id(registration.kind).map_err(ClientError::from)?;
    if store::find_either(tx, &name.rivals())?.is_some() {
        return Err(ClientError::AlreadyExists.into());
    }
    let is_public = registration.kind.is_public();
    let secret = if is_public { None } else { Some(client_secret::generate().map_err(ClientError::from)?) };
    let hash = secret.as_ref().map(|secret| SecretHash::of(secret.expose()));
    store::insert(tx, &id, hash.as_ref(), registration, now)?;
    let detail = shortened(&Differences::of_new(registration));
    tx.audit(by.did(Action::ClientCreated, id.as_str()).with_detail(detail));
    issued(tx, name, secret, now)
}

pub(super) fn change(
    tx: &mut Tx<'_>,
    id: &str,
    before: &Registration,
    after: &Registration,
    by: &Actor,
) -> Result<(), Abort<ClientError>> {
    if before.kind != after.kind {
        return Err(ClientError::OtherKind(before.kind).into());
    }
    if before != after {
        store::update(tx, id, after)?;
        if before.redirect_uris != after.redirect_uris {
            // Users have consented to what they were shown, which includes where they are sent.
            store::delete_grants(tx, id)?;
        }
        let detail = shortened(&Differences::between(before, after));
        tx.audit(by.did(Action::ClientChanged, id).with_detail(detail));
    }
    Ok(())
}

pub(super) fn delete(tx: &mut Tx<'_>, id: &str, by: &Actor, now: UnixTime) -> Result<(), Abort<ClientError>> {
    if !store::delete(tx, id)? {
        return Err(ClientError::NoSuchClient.into());
    }
    revoke_tokens_of(tx, id);
    store::end_sessions(tx, id, now)?;
    store::delete_grants(tx, id)?;
    tx.audit(by.did(Action::ClientDeleted, id));
    Ok(())
}

/// Issues a new secret; the previous one remains valid until `previous_until`.
pub(super) fn replace_secret(
    tx: &mut Tx<'_>,
    id: &str,
    previous_until: Option<UnixTime>,
) -> Result<Secret, Abort<ClientError>> {
    let secret = client_secret::generate().map_err(ClientError::from)?;
    store::replace_secret(tx, id, &SecretHash::of(secret.expose()), previous_until)?;
    Ok(secret)
}

/// The client's row is locked before, so that a token that is being issued is seen.
pub(super) fn revoke_tokens_of(tx: &mut Tx<'_>, id: &str) {
    tx.mark(Mark::revoked(TokensOf::Client(id.to_owned())));
}

pub(super) fn issued(
    tx: &mut Tx<'_>,
    name: &ClientName,
    secret: Option<Secret>,
    now: UnixTime,
) -> Result<IssuedSecret, Abort<ClientError>> {
    let client = store::find_named(tx, name)?.and_then(|row| ClientView::of(&row, now));
    Ok(IssuedSecret { client: client.ok_or(ClientError::NoSuchClient)?, secret })
}

/// For the audit log.
fn shortened(differences: &Differences) -> String {
    const MAX_CHARS: usize = 2000;
    differences.to_string().chars().take(MAX_CHARS).collect()
}
