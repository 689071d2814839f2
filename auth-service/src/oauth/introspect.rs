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
    db::{Db, DbError},
    no_store::no_store,
    origin::Origin,
    sessions::{self, refresh_token::RefreshToken, session_issuer::SessionIssuer, store::SessionRow},
    status::{self, entry::Entry},
    tokens::issuer::TokenIssuer,
    users::{self, current_admin::CurrentAdmin},
};

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    Client,
    Admin,
}

/// All that an access token says, and what OAuth has other names for.
#[derive(Serialize)]
struct Told<'a> {
    active: bool,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(flatten)]
    claims: &'a Claims,
}

/// `POST /oauth/introspect`: what a token says and whether it is good at this very moment (RFC 7662). For clients, and
/// for admins with a token of their own.
///
/// Of refresh tokens only admins are told: a service that took one for an access token would take it for good.
///
/// # Errors
/// [`OAuthError`]: 401 for anybody else.
pub async fn introspect(
    req: HttpRequest,
    form: OAuthForm,
    origin: Origin,
    db: Data<Db>,
    verifier: Data<TokenVerifier>,
    issuer: Data<TokenIssuer>,
    sessions: Data<SessionIssuer>,
) -> Result<HttpResponse, OAuthError> {
    let asker = asker(&req, &form, &origin, &db).await?;
    let token = form.find("token").ok_or(OAuthError::InvalidRequest("The parameter token is missing"))?;
    let told = match sessions.read_refresh_token(token) {
        Some(token) if asker == Asker::Admin => of_refresh_token(&db, token, issuer.name()).await?,
        Some(_) => None,
        None => of_access_token(&db, &verifier, &issuer, token).await?,
    };
    Ok(no_store(told.unwrap_or_else(|| json!({ "active": false }))))
}

async fn asker(req: &HttpRequest, form: &OAuthForm, origin: &Origin, db: &Db) -> Result<Asker, OAuthError> {
    if sender(req, form, origin, db).await?.is_some() {
        return Ok(Asker::Client);
    }
    match CurrentAdmin::extract(req).await {
        Ok(_) => Ok(Asker::Admin),
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
    Ok(is_valid.then(|| told_of(&claims)))
}

fn told_of(claims: &Claims) -> Value {
    let username = claims.uid.map(|_| &*claims.sub);
    json!(Told { active: true, token_type: "Bearer", username, claims })
}

async fn of_refresh_token(db: &Db, token: RefreshToken, issuer: &str) -> Result<Option<Value>, DbError> {
    let now = UnixTime::now();
    let found = db.run(move |conn| {
        let session = sessions::store::find(conn, &token.session.to_string())?;
        let Some(session) = session.filter(|session| counts(session, token, now)) else {
            return Ok::<_, DbError>(None);
        };
        let user = users::store::find_enabled(conn, session.user_id)?;
        Ok(user.map(|user| (session, user)))
    });
    Ok(found.await?.map(|(session, user)| {
        json!({
            "active": true, "type": "refresh", "iss": issuer, "aud": issuer, "sub": user.username,
            "username": user.username, "uid": user.id, "sid": session.id, "iat": session.rotated_at,
            "exp": session.idle_ends_at.min(session.ends_at), "auth_time": session.auth_time,
        })
    }))
}

fn counts(session: &SessionRow, token: RefreshToken, now: UnixTime) -> bool {
    session.generation == token.generation
        && session.revoked_at.is_none()
        && now.seconds() < session.idle_ends_at.min(session.ends_at)
}
