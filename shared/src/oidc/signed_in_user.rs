//! The extractors for the user of a session.

use std::sync::Arc;

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde_json::{Map, Value};

use super::{
    error_page::LoginRejection, login_error::LoginError, login_session::LoginSession, oidc_login::OidcLogin,
    session_id::SessionId,
};
use crate::{secret::Secret, time::UnixTime};

/// The user who is logged in. Naming it in a handler's arguments protects the handler: browsers are sent to the login and come
/// back to the page, other requests get 401 `login_required`.
#[derive(Clone)]
pub struct SignedInUser {
    session: Arc<LoginSession>,
    has_usable_token: bool,
}

/// The user, if somebody is logged in.
#[derive(Clone)]
pub struct MaybeSignedIn(Option<SignedInUser>);

impl SignedInUser {
    /// The user's id at the issuer, the claim `sub`. It never changes and is never given to another user.
    pub fn subject(&self) -> &str {
        self.session.subject()
    }

    /// The user's name, `preferred_username`; the id if the issuer does not tell. It can change.
    pub fn username(&self) -> &str {
        self.claim("preferred_username").and_then(Value::as_str).unwrap_or_else(|| self.subject())
    }

    /// A claim about the user, from the userinfo endpoint or else from the ID token.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.session.profile.get(name).or_else(|| self.session.claims.get(name))
    }

    /// The claims of the ID token.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.session.claims
    }

    /// An access token for calls of other services on behalf of the user; `None` while the issuer does not respond to refreshes.
    /// It must not get into the browser.
    pub fn access_token(&self) -> Option<&Secret> {
        self.has_usable_token.then_some(&self.session.access_token)
    }
}

impl MaybeSignedIn {
    /// The user, or `None`.
    pub fn into_inner(self) -> Option<SignedInUser> {
        self.0
    }
}

impl FromRequest for SignedInUser {
    type Error = LoginRejection;
    type Future = LocalBoxFuture<'static, Result<Self, LoginRejection>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move {
            let user = find_user(&req).await.and_then(|user| user.ok_or(LoginError::NotSignedIn));
            user.map_err(|error| LoginRejection::of(error, &req))
        }
        .boxed_local()
    }
}

impl FromRequest for MaybeSignedIn {
    type Error = LoginRejection;
    type Future = LocalBoxFuture<'static, Result<Self, LoginRejection>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        async move { find_user(&req).await.map(Self).map_err(|error| LoginRejection::of(error, &req)) }.boxed_local()
    }
}

async fn find_user(req: &HttpRequest) -> Result<Option<SignedInUser>, LoginError> {
    let login = req.app_data::<Data<OidcLogin>>();
    let login = login.ok_or(LoginError::Internal("OidcLogin::app is not part of the application"))?;
    let Some(cookie) = login.0.cookies.find_session(req) else { return Ok(None) };
    let now = UnixTime::now();
    let session = login.find_session(SessionId::of_cookie(&cookie), now).await?;
    Ok(session.map(|session| SignedInUser { has_usable_token: now < session.usable_until, session }))
}
