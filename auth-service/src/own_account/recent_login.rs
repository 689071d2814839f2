//! Recent authentication, which sensitive routes require.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture, try_join3};
use service_kit::ApiError;
use shared::{AuthError, CurrentUser, Fresh, Jwt, UnixTime, User};

use crate::{
    audit::actor::Actor,
    client_info::ClientInfo,
    ids::{SessionId, UserId},
    sessions::sessions::Sessions,
};

/// A user who entered the password within the last five minutes (RFC 9470, `max_age`), in a live session: an unlocked screen,
/// or a token stolen before a logout, does not take over the account.
pub struct RecentLogin {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The user, as the audit log names it.
    pub actor: Actor,
}

const MAX_AGE_SECS: u64 = 300;

impl FromRequest for RecentLogin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let jwt = Jwt::<Fresh<MAX_AGE_SECS>>::from_request(req, payload);
        let user = CurrentUser::<User>::from_request(req, payload);
        let client = ClientInfo::from_request(req, payload);
        let sessions = req.app_data::<Data<Sessions>>().cloned();
        async move {
            let (jwt, user, client) = try_join3(jwt, user, client).await?;
            let sessions = sessions.ok_or(AuthError::NotConfigured("Sessions in the application's data"))?;
            let (id, session) = (user.id.into(), SessionId::of_claims(&jwt).ok_or(AuthError::Revoked)?);
            if !sessions.is_live_of(id, session, UnixTime::now()).await? {
                return Err(AuthError::Revoked.into());
            }
            Ok(Self { user: id, session, actor: Actor::named(user.into_inner().username, client.address) })
        }
        .boxed_local()
    }
}
