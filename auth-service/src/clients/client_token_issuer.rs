//! Access tokens for clients as themselves.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use shared::UnixTime;
use utoipa::ToSchema;

use super::{authentication::Client, error::ClientTokenError, scopes::Scopes, store};
use crate::{
    keys::key_keeper::KeyKeeper,
    status::{self, entry::Holder, index_allocator::IndexAllocator},
    tokens::{client_claims::ClientGrant, issuer::TokenIssuer},
    unit_of_work::UnitOfWork,
};

/// Issues access tokens to clients, each with a status list entry, as users' tokens have.
pub struct ClientTokenIssuer {
    work: UnitOfWork,
    indexes: Arc<IndexAllocator>,
    issuer: Arc<TokenIssuer>,
    keys: Arc<KeyKeeper>,
    token_ttl: Duration,
}

/// The response (RFC 6749, section 5.1): no refresh token, since the client obtains the next token with its secret (section 4.4.3).
#[derive(Serialize, ToSchema)]
pub struct ClientToken {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scope: Option<String>,
}

impl ClientTokenIssuer {
    /// For tokens that live for `token_ttl`.
    pub fn new(
        work: UnitOfWork,
        indexes: Arc<IndexAllocator>,
        issuer: Arc<TokenIssuer>,
        keys: Arc<KeyKeeper>,
        token_ttl: Duration,
    ) -> Self {
        Self { work, indexes, issuer, keys, token_ttl }
    }

    /// An access token with these scopes.
    ///
    /// # Errors
    /// [`ClientTokenError`]; no token is valid then.
    pub async fn issue(
        &self,
        client: &Client,
        scopes: &Scopes,
        now: UnixTime,
    ) -> Result<ClientToken, ClientTokenError> {
        let entry = self.indexes.reserve(now).await?;
        let expires_at = now.plus(self.token_ttl);
        let user = client.clone();
        let inserted = self.work.run(now, move |tx| {
            if !store::note_use(tx, &user, now)? {
                return Err(ClientTokenError::Revoked.into());
            }
            let entry = entry.assign();
            status::store::insert(tx, entry, Holder::Client(&user.id), expires_at)?;
            Ok(entry)
        });
        let entry = inserted.await?;
        let grant = ClientGrant { client_id: &client.id, scope: scopes.claim(), entry, expires_at };
        let access_token = self.issuer.issue_to_client(grant, &self.keys.ring(), now)?;
        let expires_in = self.token_ttl.as_secs();
        Ok(ClientToken { access_token, token_type: "Bearer", expires_in, scope: scopes.claim() })
    }
}
