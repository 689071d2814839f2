//! A route: a path pattern and its handlers.

use actix_web::{
    Handler, Resource, Responder,
    dev::{AppService, HttpServiceFactory},
    web,
};

use crate::{
    metrics::{EventCounter, request_metrics::RouteMetrics},
    request_error::RequestError,
};

/// A path of a service and its handlers. Other methods get 405 with `Allow` (RFC 9110, section 15.5.6).
pub struct Route {
    resource: Resource,
    metrics: RouteMetrics,
    allowed: Vec<&'static str>,
}

/// A route for a path pattern of actix-web: `at("/users/{username}").get(show)`.
pub fn at(path: &str) -> Route {
    Route { resource: web::resource(path), metrics: RouteMetrics::new(path), allowed: Vec::new() }
}

impl Route {
    /// Handles `GET`, and `HEAD` too (RFC 9110, section 9.3.2).
    #[must_use]
    pub fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("GET", web::get().to(handler.clone())).on("HEAD", web::head().to(handler))
    }

    /// Handles `GET` alone, where it does more than to show something.
    #[must_use]
    pub fn get_only<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("GET", web::get().to(handler))
    }

    /// Handles `POST`.
    #[must_use]
    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("POST", web::post().to(handler))
    }

    /// Handles `PUT`.
    #[must_use]
    pub fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("PUT", web::put().to(handler))
    }

    /// Handles `PATCH`.
    #[must_use]
    pub fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("PATCH", web::patch().to(handler))
    }

    /// Handles `DELETE`.
    #[must_use]
    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on("DELETE", web::delete().to(handler))
    }

    /// Counts its requests by outcome: `success`, or the code of the error.
    #[must_use]
    pub fn count_outcomes(self, outcomes: &EventCounter) -> Self {
        Self { metrics: self.metrics.with_outcomes(outcomes.clone()), ..self }
    }

    fn on(mut self, method: &'static str, route: actix_web::Route) -> Self {
        self.allowed.push(method);
        self.resource = self.resource.route(route);
        self
    }
}

impl HttpServiceFactory for Route {
    fn register(self, config: &mut AppService) {
        let allowed = self.allowed.join(", ");
        let not_allowed = move || {
            let error = RequestError::MethodNotAllowed(allowed.clone());
            async move { Err::<&str, _>(error) }
        };
        self.resource.app_data(self.metrics).default_service(web::to(not_allowed)).register(config);
    }
}
