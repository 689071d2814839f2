//! What users must show before they change what protects their account.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture, try_join3};
use service_kit::ApiError;
use shared::{AuthError, CurrentUser, Fresh, Jwt, UnixTime, User};

use crate::{audit::actor::Actor, db::Db, origin::Origin, sessions::store};

/// Somebody who gave the password within the last five minutes (RFC 9470, `max_age`), in a session that is not over: a
/// screen left unlocked, or a token stolen before a logout, takes nobody's account.
pub struct RecentLogIn {
    /// Who it is.
    pub user: User,
    /// The session's id.
    pub session: String,
    /// As the audit log names it.
    pub actor: Actor,
}

const MAX_AGE_SECS: u64 = 300;

impl FromRequest for RecentLogIn {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let jwt = Jwt::<Fresh<MAX_AGE_SECS>>::from_request(req, payload);
        let user = CurrentUser::<User>::from_request(req, payload);
        let origin = Origin::from_request(req, payload);
        let db = req.app_data::<Data<Db>>().cloned();
        async move {
            let (jwt, CurrentUser(user), origin) = try_join3(jwt, user, origin).await?;
            let db = db.ok_or(AuthError::NotConfigured("a Db in the application's data"))?;
            let session = jwt.sid.clone().ok_or(AuthError::Revoked)?;
            let id = session.clone();
            let found = db.run(move |conn| store::find(conn, &id)).await?;
            let now = UnixTime::now().seconds();
            found
                .filter(|it| it.user_id == user.id && it.revoked_at.is_none() && it.ends_at > now)
                .ok_or(AuthError::Revoked)?;
            let actor = Actor::named(user.username.clone(), origin.address);
            Ok(Self { user, session, actor })
        }
        .boxed_local()
    }
}
