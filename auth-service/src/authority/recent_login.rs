//! What users must show before they change what protects their account, or what protects others.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::{Fresh, Jwt};

use super::{authority::Authority, current_admin::CurrentAdmin, current_session::CurrentSession, signed_in::SignedIn};

/// A user who entered the password within the last five minutes (RFC 9470, `max_age`), in a live session: an unlocked screen,
/// or a token stolen before a logout, does not take over the account.
pub struct RecentLogin(pub SignedIn);

/// An admin who did: neither does it take over other accounts.
pub struct RecentAdmin(pub Authority);

type Recent = Jwt<Fresh<300>>;

impl Described for RecentLogin {
    fn describe(operation: &mut Operation) {
        CurrentSession::describe(operation);
        Recent::describe(operation);
    }
}

impl Described for RecentAdmin {
    fn describe(operation: &mut Operation) {
        CurrentAdmin::describe(operation);
        Recent::describe(operation);
    }
}

impl FromRequest for RecentLogin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move {
            Recent::extract(&req).await?;
            let CurrentSession(signed_in) = CurrentSession::extract(&req).await?;
            Ok(Self(signed_in))
        }
        .boxed_local()
    }
}

impl FromRequest for RecentAdmin {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move {
            // Users who are not admins are not asked for the password.
            let CurrentAdmin(admin) = CurrentAdmin::extract(&req).await?;
            Recent::extract(&req).await?;
            Ok(Self(admin))
        }
        .boxed_local()
    }
}
