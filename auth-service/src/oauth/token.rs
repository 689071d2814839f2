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
    authorization::{
        authorizations::Authorizations,
        code::{self, Exchange},
        error::AuthorizationError,
    },
    client_info::ClientInfo,
    clients::{
        authentication::Client, authenticator::ClientAuthenticator, client_token_issuer::ClientTokenIssuer,
        error::ClientTokenError, kind::Kind,
    },
    no_store::no_store,
    sessions::{
        error::SessionError,
        sessions::{Sessions, Wanted},
    },
};

/// `POST /oauth/token`: tokens for a code (RFC 6749, section 4.1.3), for a client as itself (section 4.4), and for a refresh token
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
    authorizations: Data<Authorizations>,
) -> Result<HttpResponse, ApiError> {
    let sender = sender(&req, &form, &from, &clients).await?;
    Ok(match form.find("grant_type") {
        Some("authorization_code") => authorization_code(sender, &form, from, &authorizations).await,
        Some("client_credentials") => client_credentials(sender, &form, &client_tokens).await,
        Some("refresh_token") => refresh_token(sender, &form, from, &sessions, &authorizations).await,
        Some(_) => Err(OAuthError::UnsupportedGrantType),
        None => Err(OAuthError::InvalidRequest("Missing parameter: grant_type")),
    }?)
}

async fn authorization_code(
    sender: Option<Client>,
    form: &OAuthForm,
    from: ClientInfo,
    authorizations: &Authorizations,
) -> Result<HttpResponse, OAuthError> {
    let client = sender.ok_or(OAuthError::InvalidClient)?;
    if client.kind == Kind::Service {
        return Err(OAuthError::UnauthorizedClient);
    }
    let code = form.find("code").ok_or(OAuthError::InvalidRequest("Missing parameter: code"))?;
    let text = |name| form.find(name).map(str::to_owned);
    let sent = Exchange {
        code_hash: code::hash(code).ok_or(OAuthError::InvalidGrant)?,
        client,
        redirect_uri: text("redirect_uri"),
        verifier: text("code_verifier"),
        resource: resource(form, authorizations),
    };
    match authorizations.exchange(sent, from, UnixTime::now()).await {
        Ok(issued) => Ok(never_cached(issued)),
        Err(AuthorizationError::InvalidCode) => Err(OAuthError::InvalidGrant),
        Err(AuthorizationError::InvalidTarget) => Err(OAuthError::InvalidTarget),
        Err(error) => Err(OAuthError::Api(error.into())),
    }
}

/// The resource that is asked for, unless it is that of tokens by default (RFC 8707, section 2.2).
fn resource(form: &OAuthForm, authorizations: &Authorizations) -> Option<String> {
    form.find("resource").filter(|resource| *resource != authorizations.audience()).map(str::to_owned)
}

async fn client_credentials(
    sender: Option<Client>,
    form: &OAuthForm,
    tokens: &ClientTokenIssuer,
) -> Result<HttpResponse, OAuthError> {
    let client = sender.ok_or(OAuthError::InvalidClient)?;
    if client.kind != Kind::Service {
        return Err(OAuthError::UnauthorizedClient);
    }
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

/// A refresh token belongs to the client that it was issued to; that of a login at `/login` belongs to none.
async fn refresh_token(
    sender: Option<Client>,
    form: &OAuthForm,
    from: ClientInfo,
    sessions: &Sessions,
    authorizations: &Authorizations,
) -> Result<HttpResponse, OAuthError> {
    let token = form.find("refresh_token").ok_or(OAuthError::InvalidRequest("Missing parameter: refresh_token"))?;
    let scopes = form.find("scope").map(str::parse).transpose().map_err(|_| OAuthError::InvalidScope)?;
    let wanted = Wanted { holder: sender, scopes, audience: resource(form, authorizations) };
    match sessions.refresh(token, wanted, from, UnixTime::now()).await {
        Ok(issued) => Ok(never_cached(issued)),
        Err(SessionError::Refused(_) | SessionError::TokenReused) => Err(OAuthError::InvalidGrant),
        Err(SessionError::ScopeExceeded) => Err(OAuthError::InvalidScope),
        Err(SessionError::OtherAudience) => Err(OAuthError::InvalidTarget),
        Err(error) => Err(OAuthError::Api(error.into())),
    }
}

/// RFC 6749, section 5.1.
fn never_cached(issued: impl Serialize) -> HttpResponse {
    let mut answer = no_store(issued);
    answer.headers_mut().insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
