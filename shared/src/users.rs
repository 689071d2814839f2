//! The tutorial's *user lookup loader*: from a token to the user it names.

use futures_util::future::{BoxFuture, FutureExt, ready};
use serde::{Deserialize, Serialize};

use crate::{
    claims::{Claims, Role},
    errors::AuthError,
};

/// A user as every service knows one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The number that the user keeps for life.
    pub id: i64,
    /// The name that the user logs in with.
    pub username: String,
    /// What the user may do.
    pub role: Role,
}

/// Finds the user that a verified token names: `@jwt.user_lookup_loader`.
///
/// A team with users of its own implements it once and gives it to `ResourceServerBuilder::user_lookup`; its handlers then name
/// `CurrentUser<ItsUser>`.
pub trait UserLookup: Send + Sync {
    /// What handlers get.
    type User;

    /// The user, or `None` if there is no such user (any more).
    ///
    /// # Errors
    /// [`AuthError::LookupUnavailable`] if it cannot be found out.
    fn find<'a>(&'a self, claims: &'a Claims, token: &'a str) -> UserLookupFuture<'a, Self::User>;

    /// The same, if it can be said without waiting; `None` if [`find`](UserLookup::find) is to be asked. A request is then
    /// spared a future on the heap.
    fn find_now(&self, _: &Claims) -> Option<Option<Self::User>> {
        None
    }
}

/// What a lookup resolves to.
pub type UserLookupFuture<'a, U> = BoxFuture<'a, Result<Option<U>, AuthError>>;

/// The user from the token's own claims: no I/O, and the role as of when the token was issued.
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
