//! What users must show before they change what protects their account.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::ApiError;
use shared::{Fresh, Jwt};

use super::{authority::Right, current_session::CurrentSession};

/// A user who entered the password within the last five minutes (RFC 9470, `max_age`), in a live session: an unlocked screen,
/// or a token stolen before a logout, does not take over the account.
pub struct RecentLogin(pub CurrentSession);

const MAX_AGE_SECS: u64 = 300;

impl FromRequest for RecentLogin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move {
            Jwt::<Fresh<MAX_AGE_SECS>>::extract(&req).await?;
            Ok(Self(CurrentSession::with_right(&req, Right::OwnAccount).await?))
        }
        .boxed_local()
    }
}
