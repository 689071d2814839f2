//! User lookups: from a verified token to its user (the *user lookup loader* of the tutorial).

use futures_util::future::{BoxFuture, FutureExt, ready};
use serde::{Deserialize, Serialize};

use crate::{
    claims::{Claims, Role},
    errors::AuthError,
};

/// A user, as lookups of this crate return it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// The user's id, which never changes.
    pub id: i64,
    /// The login name.
    pub username: String,
    /// The user's role.
    pub role: Role,
}

/// Finds the user of a verified token. The counterpart of `@jwt.user_lookup_loader`.
///
/// A service with its own user type implements it, passes it to `ResourceServerBuilder::user_lookup`, and uses
/// `CurrentUser<MyUser>` in its handlers.
pub trait UserLookup: Send + Sync {
    /// The user type that handlers receive.
    type User;

    /// The user of the token, or `None` if the user does not exist (any more). `token` is the raw access token.
    ///
    /// # Errors
    /// [`AuthError::LookupUnavailable`] if the lookup failed.
    fn find<'a>(&'a self, claims: &'a Claims, token: &'a str) -> UserLookupFuture<'a, Self::User>;

    /// Like [`find`](UserLookup::find), for lookups that need no I/O: it avoids a heap-allocated future per request.
    /// Returns `None` if `find` must be called instead.
    fn find_now(&self, _: &Claims) -> Option<Option<Self::User>> {
        None
    }
}

/// The future that [`UserLookup::find`] returns.
pub type UserLookupFuture<'a, U> = BoxFuture<'a, Result<Option<U>, AuthError>>;

/// Builds the user from the token's claims, without I/O. The role is that at the time the token was issued.
pub struct ClaimsLookup;

impl UserLookup for ClaimsLookup {
    type User = User;

    fn find<'a>(&'a self, claims: &'a Claims, _: &'a str) -> UserLookupFuture<'a, User> {
        ready(Ok(Self::user_of(claims))).boxed()
    }

    fn find_now(&self, claims: &Claims) -> Option<Option<User>> {
        Some(Self::user_of(claims))
    }
}

impl ClaimsLookup {
    fn user_of(claims: &Claims) -> Option<User> {
        let (id, role) = claims.uid.zip(claims.role.clone())?;
        Some(User { id, username: claims.sub.clone(), role })
    }
}
