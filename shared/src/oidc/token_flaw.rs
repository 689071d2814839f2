//! Why a token of the issuer is refused.

use crate::errors::Flaw;

/// The exact reason why an ID token, a logout token or a response from the userinfo endpoint is refused, for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFlaw {
    /// Its form, header, key or signature.
    #[error("{0:?}")]
    Jws(Flaw),
    /// The issuer's keys are not available.
    #[error("the issuer's keys are not available")]
    KeysUnavailable,
    /// The claims are not a JSON object, or a claim has the wrong type.
    #[error("its claims are malformed")]
    Claims,
    /// `iss` is another issuer.
    #[error("it is of another issuer")]
    Issuer,
    /// `aud` is not this client alone.
    #[error("it is for another client")]
    Audience,
    /// `azp` is another client.
    #[error("it was issued to another client")]
    AuthorizedParty,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// `iat` or `nbf` is in the future.
    #[error("it is from the future")]
    FromTheFuture,
    /// `sub` is missing, too long, or another user's.
    #[error("its subject is missing or that of another user")]
    Subject,
    /// `nonce` is not that of the login, or a logout token has one.
    #[error("its nonce is not that of this login")]
    Nonce,
    /// `at_hash` is not the hash of the access token.
    #[error("its at_hash is not that of the access token")]
    AccessTokenHash,
    /// A logout token without the event, or without `sub` and `sid`.
    #[error("it announces no logout")]
    NoLogout,
    /// A logout token without `jti`, or one that has been used.
    #[error("it has been used or has no id")]
    Replayed,
}
