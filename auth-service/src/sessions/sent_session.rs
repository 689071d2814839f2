//! The session that a request comes from.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::CONTENT_TYPE, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::{AuthError, Jwt, actix::bearer_token, errors::Flaw};

use super::{refresh_token::RefreshTokens, sent_refresh_token::SentRefreshToken, sessions::Sessions};
use crate::ids::SessionId;

/// The session that a request's token belongs to: an access token, or a refresh token, even a spent one.
pub struct SentSession(pub SessionId);

impl Described for SentSession {
    fn describe(operation: &mut Operation) {
        SentRefreshToken::describe(operation.accepts_access_token());
    }
}

impl FromRequest for SentSession {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_refresh_token = bearer_token(req).is_ok_and(|token| token.is_some_and(RefreshTokens::looks_like_one));
        let has_body = req.headers().contains_key(CONTENT_TYPE);
        let jwt: <Jwt as FromRequest>::Future = Jwt::from_request(req, &mut Payload::None);
        let sent = SentRefreshToken::from_request(req, payload);
        let sessions = req.app_data::<Data<Sessions>>().cloned();
        async move {
            // An access token may also come outside the header.
            let jwt = if is_refresh_token { None } else { Some(jwt.await) };
            match jwt {
                Some(Ok(jwt)) => return Ok(Self(SessionId::of_claims(&jwt).ok_or(AuthError::Invalid(Flaw::Claims))?)),
                Some(Err(AuthError::Missing(_))) if has_body => {}
                Some(Err(error)) => return Err(error.into()),
                None => {}
            }
            let sessions = sessions.ok_or(AuthError::NotConfigured("Sessions in the application's data"))?;
            let token = sessions.read_refresh_token(&sent.await?.0);
            Ok(Self(token.ok_or(AuthError::Invalid(Flaw::RefreshToken))?.session))
        }
        .boxed_local()
    }
}
