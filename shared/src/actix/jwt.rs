//! Extractors: a token in a handler's arguments protects the handler.

use std::{marker::PhantomData, ops::Deref};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{Either, FutureExt, LocalBoxFuture, Ready, ready};

use super::token_search::FoundToken;
use crate::{
    claims::{Claims, CustomClaims, NoCustomClaims},
    errors::AuthError,
    rules::{Access, Rule},
    time::UnixTime,
    verifier::{Checked, TokenVerifier, VerifiedToken},
};

/// A verified token that satisfies `R`. Naming it in a handler's arguments protects the handler: `@jwt_required()`.
///
/// Dereferences to its [`Claims`]: `jwt.sub` is what `get_jwt_identity()` returns. `C` is a type for [`CustomClaims`].
pub struct Jwt<R: Rule = Access, C: CustomClaims = NoCustomClaims> {
    checked: Checked,
    custom: C,
    rule: PhantomData<R>,
}

/// A verified token, or none if the request has none: `@jwt_required(optional=True)`.
///
/// An invalid token is still rejected. (`Option<Jwt>` would ignore it.)
pub struct MaybeJwt<R: Rule = Access, C: CustomClaims = NoCustomClaims>(Option<Jwt<R, C>>);

impl<R: Rule, C: CustomClaims> Jwt<R, C> {
    /// All claims: `get_jwt()`.
    pub fn claims(&self) -> &Claims {
        &self.checked.token.claims
    }

    /// The subject, which is the username: `get_jwt_identity()`.
    pub fn identity(&self) -> &str {
        &self.claims().sub
    }

    /// The custom claims.
    pub fn custom(&self) -> &C {
        &self.custom
    }

    /// The token as it was sent, for calls on the user's behalf. It is a credential: never log it.
    pub fn raw(&self) -> &str {
        &self.checked.token.token
    }

    pub(crate) fn token(&self) -> &VerifiedToken {
        &self.checked.token
    }

    /// Extracts the token without waiting for the issuer.
    pub(crate) fn try_extract(req: &HttpRequest, now: UnixTime) -> Result<Self, AuthError> {
        let verifier = verifier(req)?;
        if let Some(checked) = req.extensions().get::<Checked>() {
            verifier.reauthorize::<R>(checked, req, now)?;
            return Self::read(checked.clone());
        }
        let found = verifier.locations().find(req)?;
        let checked = verifier.try_authorize::<R>(&found.token, req, now)?;
        Self::read(accept(req, verifier, found, checked)?)
    }

    pub(crate) async fn extract_or_refetch(req: &HttpRequest, now: UnixTime) -> Result<Self, AuthError> {
        let verifier = verifier(req)?;
        let found = verifier.locations().find(req)?;
        let checked = verifier.authorize_or_refetch::<R>(&found.token, req, now).await?;
        Self::read(accept(req, verifier, found, checked)?)
    }

    /// Makes the verified token available to further extractors of the request, so that it is verified once.
    pub(crate) fn keep(&self, req: &HttpRequest) {
        req.extensions_mut().insert(self.checked.clone());
    }

    fn read(checked: Checked) -> Result<Self, AuthError> {
        let custom = C::read(&checked.token.claims)?;
        Ok(Self { checked, custom, rule: PhantomData })
    }
}

impl<R: Rule, C: CustomClaims> Deref for Jwt<R, C> {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        self.claims()
    }
}

impl<R: Rule, C: CustomClaims> MaybeJwt<R, C> {
    /// The token, if the request has one.
    pub fn into_inner(self) -> Option<Jwt<R, C>> {
        self.0
    }
}

impl<R: Rule, C: CustomClaims> FromRequest for Jwt<R, C> {
    type Error = AuthError;
    type Future = Either<Ready<Result<Self, AuthError>>, LocalBoxFuture<'static, Result<Self, AuthError>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let now = UnixTime::now();
        match Self::try_extract(req, now) {
            // Rare, since keys and status lists are published before they are used: the request waits for the issuer.
            Err(error) if error.may_need_refetch() => {
                let req = req.clone();
                let verified = async move {
                    Self::extract_or_refetch(&req, now).await.map_err(|error| apply_error_hook(&req, error, now))
                };
                Either::Right(verified.boxed_local())
            }
            jwt => Either::Left(ready(jwt.map_err(|error| apply_error_hook(req, error, now)))),
        }
    }
}

impl<R: Rule, C: CustomClaims> FromRequest for MaybeJwt<R, C> {
    type Error = AuthError;
    type Future = LocalBoxFuture<'static, Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let jwt = Jwt::<R, C>::from_request(req, payload);
        async move {
            match jwt.await {
                Err(error) if matches!(error.cause(), AuthError::Missing(_)) => Ok(Self(None)),
                jwt => jwt.map(Some).map(Self),
            }
        }
        .boxed_local()
    }
}

/// Applies the service's error hook, if there is one.
pub(crate) fn apply_error_hook(req: &HttpRequest, error: AuthError, now: UnixTime) -> AuthError {
    match verifier(req) {
        Ok(verifier) => verifier.apply_error_hook(error, req, now),
        Err(_) => error,
    }
}

fn verifier(req: &HttpRequest) -> Result<&Data<TokenVerifier>, AuthError> {
    req.app_data().ok_or(AuthError::NotConfigured("a TokenVerifier in the application's data"))
}

fn accept(
    req: &HttpRequest,
    verifier: &TokenVerifier,
    found: FoundToken<'_>,
    checked: Checked,
) -> Result<Checked, AuthError> {
    found.check_csrf(req, &checked.token.claims)?;
    // Finding a token in the cache again costs less than keeping it with the request.
    if verifier.cache().is_none() {
        req.extensions_mut().insert(checked.clone());
    }
    Ok(checked)
}
