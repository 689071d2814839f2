//! `POST /oauth/revoke`.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use shared::{AuthError, Claims, TokenStatus, TokenVerifier, UnixTime, VerifiedToken};

use super::{oauth_error::OAuthError, oauth_form::OAuthForm, sent_credentials::sender};
use crate::{
    audit::{
        self,
        event::{Action, Event},
    },
    clients::authentication::Client,
    db::{Db, DbError},
    error::ApiError,
    origin::Origin,
    sessions::{self, refresh_token::RefreshToken, session_issuer::SessionIssuer},
    status::{self, entry::Entry, list_keeper::ListKeeper},
    tokens::issuer::TokenIssuer,
    users,
};

/// `POST /oauth/revoke`: takes a token back (RFC 7009): an access token alone, a refresh token with its whole session.
///
/// Whoever holds a token may take it back. A client that names itself does so for its own tokens only. What is no token
/// is answered 200 as well, and `token_type_hint` is not needed, since a token shows what it is.
///
/// # Errors
/// [`OAuthError`]: no `token`, or a client that is not who it says.
pub async fn revoke(
    req: HttpRequest,
    form: OAuthForm,
    origin: Origin,
    db: Data<Db>,
    verifier: Data<TokenVerifier>,
    issuer: Data<TokenIssuer>,
    sessions: Data<SessionIssuer>,
    lists: Data<ListKeeper>,
) -> Result<HttpResponse, OAuthError> {
    let sender = sender(&req, &form, &origin, &db).await?;
    let token = form.find("token").ok_or(OAuthError::InvalidRequest("The parameter token is missing"))?;
    if let Some(refresh_token) = sessions.read_refresh_token(token) {
        if sender.is_some() {
            return Err(OAuthError::InvalidGrant);
        }
        revoke_session(&db, refresh_token, origin).await?;
    } else {
        match verifier.verify(token, UnixTime::now()) {
            Ok(token) => {
                check_owner(sender.as_ref(), &token)?;
                if let Some(entry) = Entry::of_claims(&token, issuer.name()) {
                    revoke_access_token(&db, entry, token, origin).await?;
                }
            }
            Err(error @ (AuthError::KeysUnavailable | AuthError::StatusUnavailable)) => {
                return Err(ApiError::Auth(error).into());
            }
            Err(_) => {}
        }
    }
    lists.follow(UnixTime::now()).await;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).finish())
}

/// RFC 7009, section 2.1.
fn check_owner(sender: Option<&Client>, claims: &Claims) -> Result<(), OAuthError> {
    match sender {
        Some(client) if claims.client_id.as_ref() != Some(&client.id) => Err(OAuthError::InvalidGrant),
        _ => Ok(()),
    }
}

async fn revoke_access_token(db: &Db, entry: Entry, token: Arc<VerifiedToken>, origin: Origin) -> Result<(), DbError> {
    let now = UnixTime::now();
    db.write(move |conn| {
        if !status::store::is_valid(conn, entry)? {
            return Ok(());
        }
        status::store::mark(conn, entry, TokenStatus::Revoked, now)?;
        let event = event_of(token.sub.clone(), origin, format!("access token {}", token.jti));
        audit::store::insert(conn, &event, now).map_err(DbError::from)
    })
    .await
}

async fn revoke_session(db: &Db, token: RefreshToken, origin: Origin) -> Result<(), DbError> {
    let now = UnixTime::now();
    db.write(move |conn| {
        let id = token.session.to_string();
        let Some(session) = sessions::store::find(conn, &id)? else { return Ok(()) };
        if !sessions::store::revoke(conn, &id, now)? {
            return Ok(());
        }
        let subject = users::store::find_username(conn, session.user_id)?.unwrap_or_default();
        audit::store::insert(conn, &event_of(subject, origin, format!("session {id}")), now).map_err(DbError::from)
    })
    .await
}

fn event_of(subject: String, origin: Origin, detail: String) -> Event {
    Event {
        actor: None,
        action: Action::TokenRevoked,
        subject: Some(subject),
        address: origin.address,
        detail: Some(detail),
    }
}
