//! The user and the session that a request comes from.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::{AuthError, Claims, Jwt, UnixTime};

use super::{
    authority::{Authority, Claim, Right},
    signed_in::SignedIn,
};
use crate::{client_info::ClientInfo, db::Db, ids::SessionId};

/// The user and the session that a request comes from, both live in the database: a revoked session counts before the status
/// list says so.
pub struct CurrentSession(pub SignedIn);

impl Described for CurrentSession {
    fn describe(operation: &mut Operation) {
        operation.accepts_access_token().refuses([AuthError::UserNotFound]);
    }
}

impl FromRequest for CurrentSession {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move { signed_in(&req, Right::OwnAccount).await.map(Self) }.boxed_local()
    }
}

/// Rejects early, before a body is awaited or a password hashed; the authority is judged again where it
/// is used.
///
/// # Errors
/// 401 without a valid token of a live session; 403 without the right.
pub async fn signed_in(req: &HttpRequest, right: Right) -> Result<SignedIn, ApiError> {
    let jwt = <Jwt>::extract(req).await?;
    let ClientInfo { address, .. } = ClientInfo::extract(req).await?;
    let db = req.app_data::<Data<Db>>().ok_or(AuthError::NotConfigured("a Db in the application's data"))?;
    let signed_in = claimed(&jwt, address, right)?;
    signed_in.authority.clone().read::<_, ApiError>(db, UnixTime::now(), |_| Ok(())).await?;
    Ok(signed_in)
}

/// The user and the session that a valid access token names, not yet read in the database.
///
/// # Errors
/// 401 for a token that is not a user's.
pub fn claimed(claims: &Claims, address: Option<String>, right: Right) -> Result<SignedIn, AuthError> {
    let user = claims.uid.ok_or(AuthError::UserNotFound)?.into();
    let session = SessionId::of_claims(claims).ok_or(AuthError::Revoked)?;
    let username = claims.sub.clone();
    let authority = Authority::claimed(Claim { user, username: username.clone(), session, address, right });
    Ok(SignedIn { user, username, session, authority })
}
