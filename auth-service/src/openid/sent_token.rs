//! The access token of a request to the userinfo endpoint.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::Method, web::Data};
use futures_util::future::{FutureExt, LocalBoxFuture};
use service_kit::{ApiError, Described, Operation};
use shared::{AuthError, Claims, TokenVerifier, UnixTime, actix::bearer_token};

use crate::oauth::oauth_form::OAuthForm;

/// The claims of a valid access token: in the header, or in the form of a `POST` (RFC 6750, section 2.2).
pub struct SentToken(pub Claims);

impl Described for SentToken {
    fn describe(operation: &mut Operation) {
        operation.accepts_access_token();
    }
}

/// The message for a token in the header and another in the form.
pub const TWO_TOKENS: &str = "More than one access token";

impl FromRequest for SentToken {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let has_form = *req.method() == Method::POST && OAuthForm::is_in(req);
        let form = has_form.then(|| OAuthForm::from_request(req, payload));
        let req = req.clone();
        async move {
            let form = if let Some(form) = form { Some(form.await?) } else { None };
            let in_form = form.as_ref().and_then(|form| form.find("access_token"));
            match (bearer_token(&req)?, in_form) {
                (Some(_), Some(_)) => Err(AuthError::BadRequest(TWO_TOKENS).into()),
                (in_header, in_form) => Ok(Self(verified(&req, in_header.or(in_form)).await?)),
            }
        }
        .boxed_local()
    }
}

async fn verified(req: &HttpRequest, token: Option<&str>) -> Result<Claims, AuthError> {
    let verifier: &Data<TokenVerifier> =
        req.app_data().ok_or(AuthError::NotConfigured("a TokenVerifier in the application's data"))?;
    let token = token.ok_or_else(|| AuthError::Missing(verifier.locations().clone()))?;
    Ok(verifier.verify_or_refetch(token, UnixTime::now()).await?.claims().clone())
}
