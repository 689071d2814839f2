//! `POST /oauth/introspect`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use serde_json::{Value, json};
use service_kit::ApiError;
use shared::{AuthError, Claims, TokenVerifier, UnixTime};

use super::{
    access_token::read_access_token, oauth_error::OAuthError, oauth_form::OAuthForm, sent_credentials::sender,
};
use crate::{
    audit::current_admin::CurrentAdmin,
    client_info::ClientInfo,
    clients::clients::Clients,
    db::Db,
    no_store::no_store,
    sessions::{refresh_token::RefreshToken, sessions::Sessions},
    status::{self, entry::Entry},
    tokens::issuer::TokenIssuer,
};

/// The caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Caller {
    Client,
    Admin,
}

/// All claims of an access token, and those that OAuth names differently.
#[derive(Serialize)]
struct Introspection<'a> {
    active: bool,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(flatten)]
    claims: &'a Claims,
}

/// `POST /oauth/introspect`: the claims of a token, and whether it is valid right now (RFC 7662). For clients, and for
/// admins with their own token.
///
/// Refresh tokens are shown to admins only: a service that accepted one as an access token would accept it for as long as the
/// session lives.
///
/// # Errors
/// [`OAuthError`]: 401 for other callers.
#[expect(clippy::too_many_arguments, reason = "each is extracted by actix-web")]
pub async fn introspect(
    req: HttpRequest,
    form: OAuthForm,
    from: ClientInfo,
    db: Data<Db>,
    clients: Data<Clients>,
    verifier: Data<TokenVerifier>,
    issuer: Data<TokenIssuer>,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let caller = caller(&req, &form, &from, &clients).await?;
    let token = form.find("token").ok_or(OAuthError::InvalidRequest("Missing parameter: token"))?;
    let introspection = match sessions.read_refresh_token(token) {
        Some(token) if caller == Caller::Admin => of_refresh_token(&sessions, token, issuer.name()).await?,
        Some(_) => None,
        None => of_access_token(&db, &verifier, &issuer, token).await?,
    };
    Ok(no_store(introspection.unwrap_or_else(|| json!({ "active": false }))))
}

async fn caller(
    req: &HttpRequest,
    form: &OAuthForm,
    from: &ClientInfo,
    clients: &Clients,
) -> Result<Caller, OAuthError> {
    if sender(req, form, from, clients).await?.is_some() {
        return Ok(Caller::Client);
    }
    match CurrentAdmin::extract(req).await {
        Ok(_) => Ok(Caller::Admin),
        Err(AuthError::Missing(_)) => Err(OAuthError::InvalidClient),
        Err(error) => Err(ApiError::from(error).into()),
    }
}

async fn of_access_token(
    db: &Db,
    verifier: &TokenVerifier,
    issuer: &TokenIssuer,
    token: &str,
) -> Result<Option<Value>, OAuthError> {
    let Some(claims) = read_access_token(verifier, token).await? else { return Ok(None) };
    let Some(entry) = Entry::of_claims(&claims, issuer.name()) else { return Ok(None) };
    let is_valid = db.run(move |conn| status::store::is_valid(conn, entry)).await?;
    Ok(is_valid.then(|| introspection_of(&claims)))
}

fn introspection_of(claims: &Claims) -> Value {
    let username = claims.uid.map(|_| &*claims.sub);
    json!(Introspection { active: true, token_type: "Bearer", username, claims })
}

async fn of_refresh_token(sessions: &Sessions, token: RefreshToken, issuer: &str) -> Result<Option<Value>, OAuthError> {
    let found = sessions.find_by_refresh_token(token, UnixTime::now()).await?;
    Ok(found.map(|(user, session)| {
        json!({
            "active": true, "type": "refresh", "iss": issuer, "aud": issuer, "sub": user.username,
            "username": user.username, "uid": user.id, "sid": session.id, "iat": session.rotated_at,
            "exp": session.expires_at(), "auth_time": session.auth_time,
        })
    }))
}
