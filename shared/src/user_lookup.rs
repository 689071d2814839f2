//! The tutorial's *user lookup loader*: from a token to the user it names.

use std::{ops::Deref, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{Either, FutureExt, LocalBoxFuture, Ready, ready};
use serde::{Deserialize, Serialize};

use crate::{Access, AuthError, Claims, Jwt, Role, UnixTime};

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
/// A team with users of its own implements it once and puts it into the application's data with [`user_lookup`];
/// its handlers then name `CurrentUser<ItsUser>`.
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
pub type UserLookupFuture<'a, U> = LocalBoxFuture<'a, Result<Option<U>, AuthError>>;

/// Any lookup, as application data.
pub fn user_lookup<U: 'static>(lookup: impl UserLookup<User = U> + 'static) -> Data<dyn UserLookup<User = U>> {
    let lookup: Arc<dyn UserLookup<User = U>> = Arc::new(lookup);
    Data::from(lookup)
}

/// The user from the token's own claims: no I/O, and the role as of when the token was issued.
pub struct ClaimsLookup;

impl UserLookup for ClaimsLookup {
    type User = User;

    fn find<'a>(&'a self, claims: &'a Claims, _: &'a str) -> UserLookupFuture<'a, User> {
        ready(Ok(Self::user_of(claims))).boxed_local()
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

/// The user that a verified token names: `current_user`. Naming it in a handler's arguments protects the handler.
pub struct CurrentUser<U = User>(pub U);

impl<U> Deref for CurrentUser<U> {
    type Target = U;

    fn deref(&self) -> &U {
        &self.0
    }
}

impl<U: 'static> FromRequest for CurrentUser<U> {
    type Error = AuthError;
    type Future = Either<Ready<Result<Self, AuthError>>, LocalBoxFuture<'static, Result<Self, AuthError>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let lookup = req.app_data::<Data<dyn UserLookup<User = U>>>();
        let Some(lookup) = lookup else {
            return Either::Left(ready(Err(AuthError::NotConfigured("a UserLookup in the application's data"))));
        };
        match Jwt::<Access>::at_first_look(req, UnixTime::now()) {
            Ok(jwt) => match lookup.find_now(&jwt) {
                Some(found) => Either::Left(ready(found.map(Self).ok_or(AuthError::UserNotFound))),
                None => Either::Right(Self::find(ready(Ok(jwt)), lookup.clone()).boxed_local()),
            },
            Err(error) if error.may_be_news() => {
                Either::Right(Self::find(Jwt::from_request(req, payload), lookup.clone()).boxed_local())
            }
            Err(error) => Either::Left(ready(Err(error))),
        }
    }
}

impl<U: 'static> CurrentUser<U> {
    async fn find(
        jwt: impl Future<Output = Result<Jwt, AuthError>>,
        lookup: Data<dyn UserLookup<User = U>>,
    ) -> Result<Self, AuthError> {
        let jwt = jwt.await?;
        let token = jwt.token();
        lookup.find(&token.claims, &token.token).await?.map(Self).ok_or(AuthError::UserNotFound)
    }
}
