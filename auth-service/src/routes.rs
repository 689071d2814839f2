//! The routes of auth-service.

use actix_web::web::{self, ServiceConfig};
use service_kit::{at, no_such_route, show_docs, show_docs_file, show_live, show_metrics, show_openapi, show_ready};

use crate::{
    administration::{
        self, change::change, delete::delete, offer_reset::offer_reset, read_audit::read_audit,
        reset_password::reset_password, revoke_sessions::revoke_sessions, show::show,
    },
    keys::{self, jwks::jwks, list_jwks::list_jwks, rotate::rotate, withdraw::withdraw},
    metadata::metadata,
    metrics::AuthEvents,
    oauth::{introspect::introspect, revoke::revoke, token::token},
    own_account::{change_password::change_password, delete_me::delete_me, me::me},
    playground::show::{show_file, show_page, show_settings},
    sessions::{
        self, end::end, login::login, logout::logout, logout_all::logout_all, reauthenticate::reauthenticate,
        refresh::refresh,
    },
    status,
    users::register::register,
};

/// The routes of auth-service, with the playground or without.
pub fn routes(service: &mut ServiceConfig, events: &AuthEvents, has_playground: bool) {
    if has_playground {
        service
            .service(at("/").get(show_page))
            .service(at("/playground.json").get(show_settings))
            .service(at("/playground/{file}").get(show_file));
    }
    service
        .service(at("/register").post(register))
        .service(at("/login").post(login).count_outcomes(&events.logins))
        .service(at("/refresh").post(refresh).count_outcomes(&events.refreshes))
        .service(at("/reauthenticate").post(reauthenticate))
        .service(at("/logout").post(logout))
        .service(at("/logout-all").post(logout_all))
        .service(at("/sessions").get(sessions::list::list))
        .service(at("/sessions/{id}").delete(end))
        .service(at("/me").get(me).delete(delete_me))
        .service(at("/me/password").put(change_password))
        .service(at("/password-reset").post(reset_password))
        .service(at("/users").get(administration::list::list))
        .service(at("/users/{username}").get(show).patch(change).delete(delete))
        .service(at("/users/{username}/password-reset").post(offer_reset))
        .service(at("/users/{username}/revoke-sessions").post(revoke_sessions))
        .service(at("/audit").get(read_audit))
        .service(at("/keys").get(keys::list::list))
        .service(at("/keys/rotate").post(rotate))
        .service(at("/keys/{kid}/withdraw").post(withdraw))
        .service(at("/oauth/token").post(token))
        .service(at("/oauth/revoke").post(revoke))
        .service(at("/oauth/introspect").post(introspect))
        .service(at("/.well-known/jwks.json").get(jwks))
        .service(at("/.well-known/status-list-jwks.json").get(list_jwks))
        .service(at("/.well-known/oauth-authorization-server").get(metadata))
        .service(at("/status-lists").get(status::list::list))
        .service(at("/status-lists/{id}").get(status::show::show))
        .service(at("/openapi.json").get(show_openapi))
        .service(at("/docs").get(show_docs))
        .service(at("/docs/{file}").get(show_docs_file))
        .service(at("/metrics").get(show_metrics))
        .service(at("/health/live").get(show_live))
        .service(at("/health/ready").get(show_ready))
        .default_service(web::to(no_such_route));
}
