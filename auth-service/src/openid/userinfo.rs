//! `GET /userinfo` and `POST /userinfo`.

use actix_web::{HttpResponse, web::Data};
use service_kit::ApiError;
use shared::{AuthError, UnixTime};

use super::{sent_token::SentToken, store::find_profile, user_info::UserInfo};
use crate::{
    authority::{authority::Right, current_session::claimed, signed_in::SignedIn},
    client_info::ClientInfo,
    db::Db,
    no_store::no_store,
};

/// The scope without which a token is not for this endpoint.
pub const OPENID: &str = "openid";

/// `GET /userinfo` and `POST /userinfo`: what an application may know about its user (OpenID Connect Core 1.0, section 5.3).
/// The user and the session are read in the database.
///
/// # Errors
/// 401 without a valid token of a live session, 403 without the scope `openid` (RFC 6750, section 3.1).
pub async fn userinfo(token: SentToken, from: ClientInfo, db: Data<Db>) -> Result<HttpResponse, ApiError> {
    let SentToken(claims) = token;
    if !claims.has_scope(OPENID) {
        return Err(AuthError::ScopeRequired(OPENID).into());
    }
    let SignedIn { user, authority, .. } = claimed(&claims, from.address, Right::Profile)?;
    let profile = authority.read::<_, ApiError>(&db, UnixTime::now(), move |conn| find_profile(conn, user)).await?;
    Ok(no_store(UserInfo::new(user, profile, &claims)))
}
