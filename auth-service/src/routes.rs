//! Every address of auth-service.

use actix_web::web::{self, ServiceConfig};
use shared::service::{at, no_such_route, show_metrics};

use crate::{
    health::{live, ready},
    keys::{self, jwks::jwks, rotate::rotate, withdraw::withdraw},
    metadata::metadata,
    status,
    tokens::login::login,
    users::{self, me::me, register::register},
};

/// Every address of auth-service.
pub fn routes(service: &mut ServiceConfig) {
    service
        .service(at("/register").post(register))
        .service(at("/login").post(login))
        .service(at("/me").get(me))
        .service(at("/users").get(users::list::list))
        .service(at("/keys").get(keys::list::list))
        .service(at("/keys/rotate").post(rotate))
        .service(at("/keys/{kid}/withdraw").post(withdraw))
        .service(at("/.well-known/jwks.json").get(jwks))
        .service(at("/.well-known/oauth-authorization-server").get(metadata))
        .service(at("/status-lists").get(status::list::list))
        .service(at("/status-lists/{id}").get(status::show::show))
        .service(at("/metrics").get(show_metrics))
        .service(at("/health/live").get(live))
        .service(at("/health/ready").get(ready))
        .default_service(web::to(no_such_route));
}
