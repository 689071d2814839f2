//! The user that a token names, as an extractor.

use std::{ops::Deref, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use futures_util::future::{Either, FutureExt, LocalBoxFuture, Ready, ready};

use super::jwt::Jwt;
use crate::{
    error::AuthError,
    rule::Access,
    time::UnixTime,
    user_lookup::{User, UserLookup},
};

/// Any lookup, as application data.
pub fn user_lookup<U: 'static>(lookup: impl UserLookup<User = U> + 'static) -> Data<dyn UserLookup<User = U>> {
    let lookup: Arc<dyn UserLookup<User = U>> = Arc::new(lookup);
    Data::from(lookup)
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
