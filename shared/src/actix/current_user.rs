//! The extractor for the current user.

use std::{marker::PhantomData, ops::Deref, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{Either, FutureExt, LocalBoxFuture, Ready, ready};

use super::jwt::{Jwt, apply_error_hook};
use crate::{
    errors::AuthError,
    rules::{Access, Rule},
    time::UnixTime,
    users::{User, UserLookup},
};

/// Wraps a lookup as application data.
pub fn user_lookup<U: 'static>(lookup: impl UserLookup<User = U> + 'static) -> Data<dyn UserLookup<User = U>> {
    let lookup: Arc<dyn UserLookup<User = U>> = Arc::new(lookup);
    Data::from(lookup)
}

/// The user of a verified token: `current_user`. Naming it in a handler's arguments protects the handler.
///
/// The token must satisfy `R`. `U` is the type that the service's [`UserLookup`] returns. Dereferences to the user:
/// `user.username`.
pub struct CurrentUser<U = User, R: Rule = Access> {
    user: U,
    rule: PhantomData<R>,
}

impl<U, R: Rule> CurrentUser<U, R> {
    /// The user.
    pub fn into_inner(self) -> U {
        self.user
    }
}

impl<U, R: Rule> Deref for CurrentUser<U, R> {
    type Target = U;

    fn deref(&self) -> &U {
        &self.user
    }
}

impl<U: 'static, R: Rule> FromRequest for CurrentUser<U, R> {
    type Error = AuthError;
    type Future = Either<Ready<Result<Self, AuthError>>, LocalBoxFuture<'static, Result<Self, AuthError>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let now = UnixTime::now();
        let lookup = req.app_data::<Data<dyn UserLookup<User = U>>>();
        let Some(lookup) = lookup else {
            let error = AuthError::NotConfigured("a UserLookup in the application's data");
            return Either::Left(ready(Err(apply_error_hook(req, error, now))));
        };
        let jwt = match Jwt::<R>::try_extract(req, now) {
            Ok(jwt) => match lookup.find_now(&jwt) {
                Some(found) => {
                    return Either::Left(ready(Self::of(found).map_err(|error| apply_error_hook(req, error, now))));
                }
                None => Some(jwt),
            },
            Err(error) if error.may_need_refetch() => None,
            Err(error) => return Either::Left(ready(Err(apply_error_hook(req, error, now)))),
        };
        let (req, lookup) = (req.clone(), lookup.clone());
        let user = async move {
            Self::find(&req, jwt, &lookup, now).await.map_err(|error| apply_error_hook(&req, error, now))
        };
        Either::Right(user.boxed_local())
    }
}

impl<U: 'static, R: Rule> CurrentUser<U, R> {
    /// Awaits the lookup; without a token, extracts it first, after fetching what it names.
    async fn find(
        req: &HttpRequest,
        jwt: Option<Jwt<R>>,
        lookup: &Data<dyn UserLookup<User = U>>,
        now: UnixTime,
    ) -> Result<Self, AuthError> {
        let jwt = match jwt {
            Some(jwt) => jwt,
            None => Jwt::extract_or_refetch(req, now).await?,
        };
        let token = jwt.token();
        Self::of(lookup.find(&token.claims, &token.token).await?)
    }

    fn of(found: Option<U>) -> Result<Self, AuthError> {
        found.map(|user| Self { user, rule: PhantomData }).ok_or(AuthError::UserNotFound)
    }
}
