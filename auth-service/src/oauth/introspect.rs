//! `POST /oauth/introspect`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use serde_json::{Value, json};
use service_kit::ApiError;
use shared::{Claims, MaybeJwt, TokenVerifier, UnixTime};

use super::{
    access_token::read_access_token, oauth_error::OAuthError, oauth_form::OAuthForm, sent_credentials::sender,
};
use crate::{
    authority::{authority::Authority, current_admin::CurrentAdmin},
    client_info::ClientInfo,
    clients::{authentication::Client, authenticator::ClientAuthenticator, kind::Kind},
    db::{Db, DbConnection},
    no_store::no_store,
    sessions::{refresh_token::RefreshToken, sessions::Sessions},
    status::{self, entry::Entry},
    tokens::issuer::TokenIssuer,
};

/// The caller.
enum Caller {
    Client(Client),
    Admin(Authority),
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
    clients: Data<ClientAuthenticator>,
    verifier: Data<TokenVerifier>,
    issuer: Data<TokenIssuer>,
    sessions: Data<Sessions>,
) -> Result<HttpResponse, ApiError> {
    let caller = caller(&req, &form, &from, &clients).await?;
    let token = form.find("token").ok_or(OAuthError::InvalidRequest("Missing parameter: token"))?;
    let introspection = match (sessions.read_refresh_token(token), caller) {
        (Some(token), Caller::Admin(admin)) => of_refresh_token(&sessions, token, admin, issuer.name()).await?,
        (Some(_), Caller::Client(_)) => None,
        (None, caller) => of_access_token(&db, &verifier, &issuer, token, caller).await?,
    };
    Ok(no_store(introspection.unwrap_or_else(|| json!({ "active": false }))))
}

async fn caller(
    req: &HttpRequest,
    form: &OAuthForm,
    from: &ClientInfo,
    clients: &Data<ClientAuthenticator>,
) -> Result<Caller, OAuthError> {
    if let Some(client) = sender(req, form, from, clients).await? {
        // The id of a public client proves nothing.
        return if client.secret.is_some() { Ok(Caller::Client(client)) } else { Err(OAuthError::InvalidClient) };
    }
    if <MaybeJwt>::extract(req).await.map_err(ApiError::from)?.into_inner().is_none() {
        return Err(OAuthError::InvalidClient);
    }
    let CurrentAdmin(admin) = CurrentAdmin::extract(req).await?;
    Ok(Caller::Admin(admin))
}

async fn of_access_token(
    db: &Db,
    verifier: &TokenVerifier,
    issuer: &TokenIssuer,
    token: &str,
    caller: Caller,
) -> Result<Option<Value>, OAuthError> {
    let Some(claims) = read_access_token(verifier, token).await? else { return Ok(None) };
    let Some(entry) = Entry::of_claims(&claims, issuer.name()) else { return Ok(None) };
    let is_valid = match caller {
        // Services verify the tokens of others; an application has its own.
        Caller::Client(client) if client.kind != Kind::Service && claims.client_id.as_ref() != Some(&client.id) => {
            false
        }
        Caller::Client(_) => db.run(move |conn| status::store::is_valid(conn, entry)).await?,
        Caller::Admin(admin) => {
            let is_valid = move |conn: &mut DbConnection| status::store::is_valid(conn, entry);
            admin.read::<_, ApiError>(db, UnixTime::now(), is_valid).await?
        }
    };
    Ok(is_valid.then(|| introspection_of(&claims)))
}

fn introspection_of(claims: &Claims) -> Value {
    let username = claims.uid.map(|_| &*claims.sub);
    json!(Introspection { active: true, token_type: "Bearer", username, claims })
}

async fn of_refresh_token(
    sessions: &Sessions,
    token: RefreshToken,
    admin: Authority,
    issuer: &str,
) -> Result<Option<Value>, OAuthError> {
    let found = sessions.find_by_refresh_token(token, admin, UnixTime::now()).await?;
    Ok(found.map(|(user, session)| {
        json!({
            "active": true, "type": "refresh", "iss": issuer, "aud": issuer, "sub": user.username,
            "username": user.username, "uid": user.id, "sid": session.id, "iat": session.rotated_at,
            "exp": session.expires_at(), "auth_time": session.auth_time,
        })
    }))
}
