//! Access tokens for clients as themselves.

use std::time::Duration;

use actix_web::web::Data;
use serde::Serialize;
use service_kit::ApiError;
use shared::UnixTime;

use super::{authentication::Client, scopes::Scopes, store};
use crate::{
    db::{Db, DbError},
    keys::key_keeper::KeyKeeper,
    status::{self, allotter::Allotter, entry::Holder},
    tokens::{client_claims::ClientGrant, issuer::TokenIssuer},
};

/// Issues access tokens to clients, each with an entry in a status list, as users' tokens have.
pub struct ClientTokenIssuer {
    db: Db,
    allotter: Data<Allotter>,
    issuer: Data<TokenIssuer>,
    keys: Data<KeyKeeper>,
    token_ttl: Duration,
}

/// What a client gets (RFC 6749, section 5.1): no refresh token, since its secret brings the next one (section 4.4.3).
#[derive(Serialize)]
pub struct ClientToken {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl ClientTokenIssuer {
    /// For tokens that live for `token_ttl`.
    pub fn new(
        db: Db,
        allotter: Data<Allotter>,
        issuer: Data<TokenIssuer>,
        keys: Data<KeyKeeper>,
        token_ttl: Duration,
    ) -> Self {
        Self { db, allotter, issuer, keys, token_ttl }
    }

    /// An access token with these scopes. `None` if the client has been deleted meanwhile, or given another secret.
    ///
    /// # Errors
    /// [`ApiError`]; there is no token then.
    pub async fn issue(
        &self,
        client: &Client,
        scopes: &Scopes,
        now: UnixTime,
    ) -> Result<Option<ClientToken>, ApiError> {
        let entry = self.allotter.allot(now).await?;
        let expires_at = now.plus(self.token_ttl);
        let (id, shown) = (client.id.clone(), client.shown.clone());
        let noted = self.db.write(move |conn| {
            if !store::note_use(conn, &id, &shown, now)? {
                return Ok::<_, DbError>(false);
            }
            status::store::insert(conn, entry, Holder::Client(&id), expires_at)?;
            Ok(true)
        });
        if !noted.await? {
            return Ok(None);
        }
        let grant = ClientGrant { client_id: &client.id, scope: scopes.claim(), entry, expires_at };
        let access_token = self.issuer.issue_to_client(grant, &self.keys.ring(), now)?;
        let expires_in = self.token_ttl.as_secs();
        Ok(Some(ClientToken { access_token, token_type: "Bearer", expires_in, scope: scopes.claim() }))
    }
}
