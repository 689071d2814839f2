//! Middleware that protects a scope.

use std::{
    future::{Ready, ready},
    marker::PhantomData,
    rc::Rc,
};

use actix_web::{
    Error, FromRequest,
    body::{EitherBody, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use futures_util::future::{FutureExt, LocalBoxFuture};

use super::jwt::Jwt;
use crate::rules::Rule;

/// Middleware that requires `R` for all routes of a scope, so that handlers without an extractor are protected too.
///
/// ```
/// use actix_web::{App, web};
/// use shared::{Admin, require};
///
/// async fn statistics() -> &'static str {
///     "for admins"
/// }
///
/// let app = App::new()
///     .service(web::scope("/admin").wrap(require::<Admin>()).route("/statistics", web::get().to(statistics)));
/// ```
///
/// Handlers may use `Jwt` or `CurrentUser` as well; the token is verified only once.
pub fn require<R: Rule>() -> Require<R> {
    Require(PhantomData)
}

/// The middleware that [`require`] returns.
pub struct Require<R: Rule>(PhantomData<R>);

impl<S, B, R> Transform<S, ServiceRequest> for Require<R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    R: Rule,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = Required<S, R>;
    type Future = Ready<Result<Required<S, R>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Required { service: Rc::new(service), rule: PhantomData }))
    }
}

/// A service wrapped by [`Require`].
pub struct Required<S, R: Rule> {
    service: Rc<S>,
    rule: PhantomData<R>,
}

impl<S, B, R> Service<ServiceRequest> for Required<S, R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    R: Rule,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        let permitted = Jwt::<R>::from_request(req.request(), &mut Payload::None);
        async move {
            match permitted.await {
                Ok(jwt) => {
                    jwt.keep(req.request());
                    service.call(req).await.map(ServiceResponse::map_into_left_body)
                }
                Err(error) => Ok(req.error_response(error).map_into_right_body()),
            }
        }
        .boxed_local()
    }
}
