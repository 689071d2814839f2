//! `POST /oauth/token`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderValue, PRAGMA},
    web::Data,
};
use serde::Serialize;
use shared::UnixTime;

use super::{oauth_error::OAuthError, oauth_form::OAuthForm, sent_credentials::sender};
use crate::{
    clients::{authentication::Client, client_token_issuer::ClientTokenIssuer},
    db::Db,
    no_store::no_store,
    origin::Origin,
    sessions::{error::SessionError, session_issuer::SessionIssuer},
};

/// `POST /oauth/token`: tokens for a client as itself (RFC 6749, section 4.4), and `POST /refresh` in OAuth's words
/// (section 6). The password grant is not served: RFC 9700, section 2.4, forbids it.
///
/// # Errors
/// [`OAuthError`].
pub async fn token(
    req: HttpRequest,
    form: OAuthForm,
    origin: Origin,
    db: Data<Db>,
    clients: Data<ClientTokenIssuer>,
    sessions: Data<SessionIssuer>,
) -> Result<HttpResponse, OAuthError> {
    let sender = sender(&req, &form, &origin, &db).await?;
    match form.find("grant_type") {
        Some("client_credentials") => client_credentials(sender, &form, &clients).await,
        Some("refresh_token") => refresh_token(sender, &form, origin, &sessions).await,
        Some(_) => Err(OAuthError::UnsupportedGrantType),
        None => Err(OAuthError::InvalidRequest("The parameter grant_type is missing")),
    }
}

async fn client_credentials(
    sender: Option<Client>,
    form: &OAuthForm,
    clients: &ClientTokenIssuer,
) -> Result<HttpResponse, OAuthError> {
    let client = sender.ok_or(OAuthError::InvalidClient)?;
    let scopes = match form.find("scope") {
        Some(scope) => scope.parse().map_err(|_| OAuthError::InvalidScope)?,
        None => client.scopes.clone(),
    };
    if !scopes.are_among(&client.scopes) {
        return Err(OAuthError::InvalidScope);
    }
    let issued = clients.issue(&client, &scopes, UnixTime::now()).await?;
    Ok(never_kept(issued.ok_or(OAuthError::InvalidClient)?))
}

/// Refresh tokens belong to users' logins, so whoever holds one is the client; one that names itself is another.
async fn refresh_token(
    sender: Option<Client>,
    form: &OAuthForm,
    origin: Origin,
    sessions: &SessionIssuer,
) -> Result<HttpResponse, OAuthError> {
    if sender.is_some() {
        return Err(OAuthError::InvalidGrant);
    }
    if form.find("scope").is_some() {
        return Err(OAuthError::InvalidScope);
    }
    let token =
        form.find("refresh_token").ok_or(OAuthError::InvalidRequest("The parameter refresh_token is missing"))?;
    match sessions.refresh(token, origin, UnixTime::now()).await {
        Ok(issued) => Ok(never_kept(issued)),
        Err(SessionError::Refused(_)) => Err(OAuthError::InvalidGrant),
        Err(error) => Err(OAuthError::Api(error.into())),
    }
}

/// RFC 6749, section 5.1.
fn never_kept(issued: impl Serialize) -> HttpResponse {
    let mut answer = no_store(issued);
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
