//! Every address of auth-service.

use actix_web::web::{self, ServiceConfig};
use shared::service::{at, no_such_route, show_metrics};

use crate::{
    health::{live, ready},
    keys::{self, jwks::jwks, rotate::rotate, withdraw::withdraw},
    metadata::metadata,
    oauth::{introspect::introspect, revoke::revoke, token::token},
    sessions::{
        self, end::end, login::login, logout::logout, logout_all::logout_all, reauthenticate::reauthenticate,
        refresh::refresh,
    },
    users::{self, me::me, register::register},
};

/// Every address of auth-service.
pub fn routes(service: &mut ServiceConfig) {
    service
        .service(at("/register").post(register))
        .service(at("/login").post(login))
        .service(at("/refresh").post(refresh))
        .service(at("/reauthenticate").post(reauthenticate))
        .service(at("/logout").post(logout))
        .service(at("/logout-all").post(logout_all))
        .service(at("/sessions").get(sessions::list::list))
        .service(at("/sessions/{id}").delete(end))
        .service(at("/me").get(me))
        .service(at("/users").get(users::list::list))
        .service(at("/keys").get(keys::list::list))
        .service(at("/keys/rotate").post(rotate))
        .service(at("/keys/{kid}/withdraw").post(withdraw))
        .service(at("/oauth/token").post(token))
        .service(at("/oauth/revoke").post(revoke))
        .service(at("/oauth/introspect").post(introspect))
        .service(at("/.well-known/jwks.json").get(jwks))
        .service(at("/.well-known/oauth-authorization-server").get(metadata))
        .service(at("/metrics").get(show_metrics))
        .service(at("/health/live").get(live))
        .service(at("/health/ready").get(ready))
        .default_service(web::to(no_such_route));
}
