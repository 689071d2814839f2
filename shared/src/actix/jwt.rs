//! Extractors: a token in a handler's arguments protects the handler.

use std::{marker::PhantomData, ops::Deref};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{Either, FutureExt, LocalBoxFuture, Ready, ready};

use super::token_search::FoundToken;
use crate::{
    claims::Claims,
    error::AuthError,
    rule::{Access, Rule},
    status::{OnStale, StatusPolicy},
    time::UnixTime,
    verified_token::VerifiedToken,
    verifier::{Checked, TokenVerifier},
};

/// A verified token that satisfies `R`. Naming it in a handler's arguments protects the handler: `@jwt_required()`.
///
/// It reads like its [`Claims`]: `jwt.sub` is what `get_jwt_identity()` returns.
pub struct Jwt<R: Rule = Access> {
    checked: Checked,
    rule: PhantomData<R>,
}

/// A verified token, or none where the request has none: `@jwt_required(optional=True)`.
///
/// A token that is there and bad is refused all the same. (`Option<Jwt>` would take it for none.)
pub struct MaybeJwt<R: Rule = Access>(Option<Jwt<R>>);

impl<R: Rule> Jwt<R> {
    /// All claims: `get_jwt()`.
    pub fn claims(&self) -> &Claims {
        &self.checked.token.claims
    }

    /// Who the token is about, the username: `get_jwt_identity()`.
    pub fn identity(&self) -> &str {
        &self.claims().sub
    }

    /// The token as it was sent, for a call on the caller's behalf. Whoever has it can act as the caller: never log it.
    pub fn raw(&self) -> &str {
        &self.checked.token.token
    }

    pub(crate) fn token(&self) -> &VerifiedToken {
        &self.checked.token
    }

    /// The request's token, as far as can be said without asking the issuer.
    pub(crate) fn at_first_look(req: &HttpRequest, now: UnixTime) -> Result<Self, AuthError> {
        permit(verify::<R>(req, now)?, now)
    }
}

impl<R: Rule> Deref for Jwt<R> {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        self.claims()
    }
}

impl<R: Rule> MaybeJwt<R> {
    /// The token, if the request has one.
    pub fn into_inner(self) -> Option<Jwt<R>> {
        self.0
    }
}

impl<R: Rule> FromRequest for Jwt<R> {
    type Error = AuthError;
    type Future = Either<Ready<Result<Self, AuthError>>, LocalBoxFuture<'static, Result<Self, AuthError>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let now = UnixTime::now();
        match Self::at_first_look(req, now) {
            // Rare: keys and status lists are published before they are used. Only then does a request wait for the issuer.
            Err(error) if error.may_be_news() => {
                let req = req.clone();
                let verified = async move { permit(verify_after_another_look::<R>(&req, now).await?, now) };
                Either::Right(verified.boxed_local())
            }
            jwt => Either::Left(ready(jwt)),
        }
    }
}

impl<R: Rule> FromRequest for MaybeJwt<R> {
    type Error = AuthError;
    type Future = LocalBoxFuture<'static, Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let jwt = Jwt::<R>::from_request(req, payload);
        async move {
            match jwt.await {
                Err(AuthError::Missing(_)) => Ok(Self(None)),
                jwt => jwt.map(Some).map(Self),
            }
        }
        .boxed_local()
    }
}

fn permit<R: Rule>(checked: Checked, now: UnixTime) -> Result<Jwt<R>, AuthError> {
    R::check(&checked.token.claims, now)?;
    Ok(Jwt { checked, rule: PhantomData })
}

fn verify<R: Rule>(req: &HttpRequest, now: UnixTime) -> Result<Checked, AuthError> {
    let verifier = verifier(req)?;
    // Several extractors of one request verify once.
    if let Some(checked) = req.extensions().get::<Checked>() {
        verifier.suffices(checked, |policy| on_stale::<R>(req, policy))?;
        return Ok(checked.clone());
    }
    let found = verifier.locations().find(req)?;
    let checked = verifier.check_at_first_look(&found.token, now, |policy| on_stale::<R>(req, policy))?;
    keep(req, found, checked)
}

async fn verify_after_another_look<R: Rule>(req: &HttpRequest, now: UnixTime) -> Result<Checked, AuthError> {
    let verifier = verifier(req)?;
    let found = verifier.locations().find(req)?;
    let on_stale = |policy: &StatusPolicy| on_stale::<R>(req, policy);
    let checked = verifier.check_after_another_look(&found.token, now, on_stale).await?;
    keep(req, found, checked)
}

/// What becomes of this request if the status list of its token is too old.
fn on_stale<R: Rule>(req: &HttpRequest, policy: &StatusPolicy) -> OnStale {
    policy.on_stale_at(req.match_pattern().as_deref(), R::ON_STALE)
}

fn verifier(req: &HttpRequest) -> Result<&Data<TokenVerifier>, AuthError> {
    req.app_data().ok_or(AuthError::NotConfigured("a TokenVerifier in the application's data"))
}

fn keep(req: &HttpRequest, found: FoundToken<'_>, checked: Checked) -> Result<Checked, AuthError> {
    found.check_csrf(req, &checked.token.claims)?;
    req.extensions_mut().insert(checked.clone());
    Ok(checked)
}
