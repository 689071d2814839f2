//! The session that a request comes from.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::CONTENT_TYPE, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture};
use shared::{AuthError, Flaw, Jwt, bearer_token};

use super::{refresh_token::RefreshTokens, sent_refresh_token::SentRefreshToken, session_issuer::SessionIssuer};
use crate::error::ApiError;

/// The id of the session that a request's token belongs to: an access token, or a refresh token, also one that has been
/// spent.
pub struct SentSession(pub String);

impl FromRequest for SentSession {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_refresh_token = match bearer_token(req) {
            Ok(Some(token)) => RefreshTokens::looks_like_one(token),
            Ok(None) => req.headers().contains_key(CONTENT_TYPE),
            Err(_) => false,
        };
        if is_refresh_token {
            let sent = SentRefreshToken::from_request(req, payload);
            let sessions = req.app_data::<Data<SessionIssuer>>().cloned();
            return async move {
                let sessions = sessions.ok_or(AuthError::NotConfigured("a SessionIssuer in the application's data"))?;
                let token = sessions.read_refresh_token(&sent.await?.0);
                Ok(Self(token.ok_or(AuthError::Invalid(Flaw::RefreshToken))?.session.to_string()))
            }
            .boxed_local();
        }
        let jwt: <Jwt as FromRequest>::Future = Jwt::from_request(req, payload);
        async move { Ok(Self(jwt.await?.sid.clone().ok_or(AuthError::Invalid(Flaw::Claims))?)) }.boxed_local()
    }
}
