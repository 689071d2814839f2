//! `POST /oauth/revoke`.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use service_kit::ApiError;
use shared::{Claims, TokenVerifier, UnixTime, verifier::VerifiedToken};

use super::{
    access_token::read_access_token, oauth_error::OAuthError, oauth_form::OAuthForm, sent_credentials::sender,
};
use crate::{
    audit::{actor::Actor, event::Action},
    client_info::ClientInfo,
    clients::{authentication::Client, authenticator::ClientAuthenticator},
    db::{Abort, DbError},
    sessions::sessions::Sessions,
    status::{
        self,
        entry::Entry,
        mark::{Mark, TokensOf},
    },
    tokens::issuer::TokenIssuer,
    unit_of_work::UnitOfWork,
};

/// `POST /oauth/revoke`: revokes a token (RFC 7009): an access token alone, a refresh token with its whole session.
///
/// Any holder of a token can revoke it. An authenticated client can revoke its own tokens only. The response to unknown tokens
/// is 200 as well, and `token_type_hint` is ignored, since a token shows its type.
///
/// # Errors
/// [`OAuthError`]: no `token`, or wrong client credentials.
#[expect(clippy::too_many_arguments, reason = "each is extracted by actix-web")]
pub async fn revoke(
    req: HttpRequest,
    form: OAuthForm,
    from: ClientInfo,
    clients: Data<ClientAuthenticator>,
    verifier: Data<TokenVerifier>,
    issuer: Data<TokenIssuer>,
    sessions: Data<Sessions>,
    work: Data<UnitOfWork>,
) -> Result<HttpResponse, ApiError> {
    let sender = sender(&req, &form, &from, &clients).await?;
    let token = form.find("token").ok_or(OAuthError::InvalidRequest("Missing parameter: token"))?;
    if let Some(refresh_token) = sessions.read_refresh_token(token) {
        let is_theirs = sessions.revoke(refresh_token, sender.map(|client| client.id), from, UnixTime::now()).await?;
        if !is_theirs {
            return Err(OAuthError::InvalidGrant.into());
        }
    } else if let Some(token) = read_access_token(&verifier, token).await? {
        check_owner(sender.as_ref(), &token)?;
        if let Some(entry) = Entry::of_claims(&token, issuer.name()) {
            revoke_access_token(&work, entry, token, from, UnixTime::now()).await?;
        }
    }
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).finish())
}

/// RFC 7009, section 2.1.
fn check_owner(sender: Option<&Client>, claims: &Claims) -> Result<(), OAuthError> {
    match sender {
        Some(client) if claims.client_id.as_ref() != Some(&client.id) => Err(OAuthError::InvalidGrant),
        _ => Ok(()),
    }
}

async fn revoke_access_token(
    work: &UnitOfWork,
    entry: Entry,
    token: Arc<VerifiedToken>,
    from: ClientInfo,
    now: UnixTime,
) -> Result<(), DbError> {
    work.run(now, move |tx| {
        if status::store::is_valid(tx, entry)? {
            tx.mark(Mark::revoked(TokensOf::Entry(entry)));
            let revoked = Actor::unknown(from.address).did(Action::TokenRevoked, &token.sub);
            tx.audit(revoked.with_detail(format!("access token {}", token.jti)));
        }
        Ok::<_, Abort<DbError>>(())
    })
    .await
}
