//! Extractors: a token in a handler's arguments protects the handler.

use std::{marker::PhantomData, ops::Deref, rc::Rc};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{Either, FutureExt, LocalBoxFuture, Ready, ready};

use crate::{Access, AuthError, Claims, Flaw, Rule, TokenVerifier, UnixTime, token_location::FoundToken};

/// A verified token that satisfies `R`. Naming it in a handler's arguments protects the handler: `@jwt_required()`.
///
/// It reads like its [`Claims`]: `jwt.sub` is what `get_jwt_identity()` returns.
pub struct Jwt<R: Rule = Access> {
    verified: Rc<Verified>,
    rule: PhantomData<R>,
}

/// A verified token, or none where the request has none: `@jwt_required(optional=True)`.
///
/// A token that is there and bad is refused all the same. (`Option<Jwt>` would take it for none.)
pub struct MaybeJwt(Option<Jwt>);

/// What verification found, kept with the request so that several extractors verify once.
pub(crate) struct Verified {
    pub(crate) claims: Claims,
    pub(crate) token: String,
}

impl<R: Rule> Jwt<R> {
    /// All claims: `get_jwt()`.
    pub fn claims(&self) -> &Claims {
        &self.verified.claims
    }

    /// Who the token is about, the username: `get_jwt_identity()`.
    pub fn identity(&self) -> &str {
        &self.verified.claims.sub
    }

    pub(crate) fn verified(&self) -> &Rc<Verified> {
        &self.verified
    }
}

impl<R: Rule> Deref for Jwt<R> {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.verified.claims
    }
}

impl MaybeJwt {
    /// The token, if the request has one.
    pub fn into_inner(self) -> Option<Jwt> {
        self.0
    }
}

impl<R: Rule> FromRequest for Jwt<R> {
    type Error = AuthError;
    type Future = Either<Ready<Result<Self, AuthError>>, LocalBoxFuture<'static, Result<Self, AuthError>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let now = UnixTime::now();
        match verify(req, now) {
            // Rare: keys are published before they sign. Only then does a request wait for the issuer.
            Err(AuthError::Invalid(Flaw::UnknownKey)) => {
                let req = req.clone();
                Either::Right(async move { permit(verify_after_another_look(&req, now).await?, now) }.boxed_local())
            }
            verified => Either::Left(ready(verified.and_then(|verified| permit(verified, now)))),
        }
    }
}

impl FromRequest for MaybeJwt {
    type Error = AuthError;
    type Future = LocalBoxFuture<'static, Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let jwt = Jwt::from_request(req, payload);
        async move {
            match jwt.await {
                Err(AuthError::Missing(_)) => Ok(Self(None)),
                jwt => jwt.map(Some).map(Self),
            }
        }
        .boxed_local()
    }
}

fn permit<R: Rule>(verified: Rc<Verified>, now: UnixTime) -> Result<Jwt<R>, AuthError> {
    R::check(&verified.claims, now)?;
    Ok(Jwt { verified, rule: PhantomData })
}

fn verify(req: &HttpRequest, now: UnixTime) -> Result<Rc<Verified>, AuthError> {
    if let Some(verified) = req.extensions().get::<Rc<Verified>>() {
        return Ok(Rc::clone(verified));
    }
    let verifier = verifier(req)?;
    let found = verifier.locations().find(req)?;
    let claims = verifier.verify_at_first_look(&found.token, now)?;
    keep(req, found, claims)
}

async fn verify_after_another_look(req: &HttpRequest, now: UnixTime) -> Result<Rc<Verified>, AuthError> {
    let verifier = verifier(req)?;
    let found = verifier.locations().find(req)?;
    let claims = verifier.verify_after_another_look(&found.token, now).await?;
    keep(req, found, claims)
}

fn verifier(req: &HttpRequest) -> Result<&Data<TokenVerifier>, AuthError> {
    req.app_data().ok_or(AuthError::NotConfigured("a TokenVerifier in the application's data"))
}

fn keep(req: &HttpRequest, found: FoundToken, claims: Claims) -> Result<Rc<Verified>, AuthError> {
    found.check_csrf(req, &claims)?;
    let verified = Rc::new(Verified { claims, token: found.token });
    req.extensions_mut().insert(Rc::clone(&verified));
    Ok(verified)
}
