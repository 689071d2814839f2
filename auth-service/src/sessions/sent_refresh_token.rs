//! The refresh token in a request.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::CONTENT_TYPE};
use futures_util::future::{FutureExt, LocalBoxFuture};
use serde::Deserialize;
use service_kit::{ApiError, Credential, Described, JsonBody, Operation};
use shared::{AuthError, actix::bearer_token, errors::Flaw, verifier::TokenLocations};
use utoipa::ToSchema;

/// The refresh token of a request: `Authorization: Bearer`, as with Flask-JWT-Extended, or
/// `{"refresh_token": …}`.
pub struct SentRefreshToken(pub String);

#[derive(Deserialize, ToSchema)]
struct RefreshForm {
    refresh_token: String,
}

/// The security scheme of refresh tokens in the header.
pub const REFRESH_TOKEN: Credential = Credential::Named("refresh_token");

impl Described for SentRefreshToken {
    fn describe(operation: &mut Operation) {
        operation
            .accepts(REFRESH_TOKEN)
            .accepts(Credential::None)
            .takes_json::<RefreshForm>(false)
            .refuses([AuthError::Missing(TokenLocations::default()), AuthError::Invalid(Flaw::RefreshToken)]);
    }
}

impl FromRequest for SentRefreshToken {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let in_header = bearer_token(req).map(|token| token.map(str::to_owned));
        let has_body = req.headers().contains_key(CONTENT_TYPE);
        let in_body = JsonBody::<RefreshForm>::from_request(req, payload);
        async move {
            match in_header? {
                Some(token) => Ok(Self(token)),
                None if has_body => Ok(Self(in_body.await?.0.refresh_token)),
                None => Err(AuthError::Missing(TokenLocations::default()).into()),
            }
        }
        .boxed_local()
    }
}
