//! The tutorial's *method 2*: the role from the database.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::{FutureExt, LocalBoxFuture};
use shared::{AuthError, CurrentUser, User};

use super::actor::Actor;
use crate::client_info::ClientInfo;

/// The admin who makes a request, as the audit log names it. The role is read from the database.
pub struct CurrentAdmin(pub Actor);

impl FromRequest for CurrentAdmin {
    type Error = AuthError;
    type Future = LocalBoxFuture<'static, Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let user = CurrentUser::<User>::from_request(req, payload);
        let client = ClientInfo::from_request(req, payload);
        async move {
            let user = user.await?.into_inner();
            if !user.role.is_admin() {
                return Err(AuthError::forbidden("Admin access required"));
            }
            Ok(Self(Actor::named(user.username, client.await?.address)))
        }
        .boxed_local()
    }
}
