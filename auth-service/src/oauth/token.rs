//! `POST /oauth/token`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderValue, PRAGMA},
    web::Data,
};
use serde::Serialize;
use service_kit::ApiError;
use shared::UnixTime;

use super::{oauth_error::OAuthError, oauth_form::OAuthForm, sent_credentials::sender};
use crate::{
    client_info::ClientInfo,
    clients::{
        authentication::Client, authenticator::ClientAuthenticator, client_token_issuer::ClientTokenIssuer,
        error::ClientTokenError,
    },
    no_store::no_store,
    sessions::{error::SessionError, sessions::Sessions},
};

/// `POST /oauth/token`: tokens for a client as itself (RFC 6749, section 4.4), and `POST /refresh` as OAuth's grant
/// (section 6). The password grant is not supported: RFC 9700, section 2.4, forbids it.
///
/// # Errors
/// [`OAuthError`].
pub async fn token(
    req: HttpRequest,
    form: OAuthForm,
    from: ClientInfo,
    clients: Data<ClientAuthenticator>,
    client_tokens: Data<ClientTokenIssuer>,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let sender = sender(&req, &form, &from, &clients).await?;
    Ok(match form.find("grant_type") {
        Some("client_credentials") => client_credentials(sender, &form, &client_tokens).await,
        Some("refresh_token") => refresh_token(sender, &form, from, &sessions).await,
        Some(_) => Err(OAuthError::UnsupportedGrantType),
        None => Err(OAuthError::InvalidRequest("Missing parameter: grant_type")),
    }?)
}

async fn client_credentials(
    sender: Option<Client>,
    form: &OAuthForm,
    tokens: &ClientTokenIssuer,
) -> Result<HttpResponse, OAuthError> {
    let client = sender.ok_or(OAuthError::InvalidClient)?;
    let scopes = match form.find("scope") {
        Some(scope) => scope.parse().map_err(|_| OAuthError::InvalidScope)?,
        None => client.scopes.clone(),
    };
    if !scopes.are_among(&client.scopes) {
        return Err(OAuthError::InvalidScope);
    }
    match tokens.issue(&client, &scopes, UnixTime::now()).await {
        Ok(issued) => Ok(never_cached(issued)),
        Err(ClientTokenError::Revoked) => Err(OAuthError::InvalidClient),
        Err(error) => Err(OAuthError::Api(error.into())),
    }
}

/// Refresh tokens belong to users' sessions and to no registered client.
async fn refresh_token(
    sender: Option<Client>,
    form: &OAuthForm,
    from: ClientInfo,
    sessions: &Sessions,
) -> Result<HttpResponse, OAuthError> {
    if sender.is_some() {
        return Err(OAuthError::InvalidGrant);
    }
    if form.find("scope").is_some() {
        return Err(OAuthError::InvalidScope);
    }
    let token = form.find("refresh_token").ok_or(OAuthError::InvalidRequest("Missing parameter: refresh_token"))?;
    match sessions.refresh(token, from, UnixTime::now()).await {
        Ok(issued) => Ok(never_cached(issued)),
        Err(SessionError::Refused(_) | SessionError::TokenReused) => Err(OAuthError::InvalidGrant),
        Err(error) => Err(OAuthError::Api(error.into())),
    }
}

/// RFC 6749, section 5.1.
fn never_cached(issued: impl Serialize) -> HttpResponse {
    let mut answer = no_store(issued);
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
