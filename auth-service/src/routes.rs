//! The routes of auth-service.

use actix_web::web::{self, ServiceConfig};
use service_kit::{at, no_such_route, show_docs, show_docs_file, show_live, show_metrics, show_openapi, show_ready};

use crate::{
    administration::{
        self, change::change, delete::delete, offer_reset::offer_reset, read_audit::read_audit,
        reset_password::reset_password, revoke_sessions::revoke_sessions, show::show,
    },
    authorization::{
        authorize::{authorize, authorize_by_form},
        consent::{consent, go_on},
        log_in::{log_in, show_login},
        log_out::{confirm, end_session, end_session_by_form},
        register::{register as register_on_page, show_registration},
    },
    clients::{self, create::create, issue_secret::issue_secret, replace::replace},
    keys::{self, jwks::jwks, list_jwks::list_jwks, rotate::rotate, withdraw::withdraw},
    metrics::AuthEvents,
    oauth::{introspect::introspect, revoke::revoke, token::token},
    openid::{discovery::discovery, userinfo::userinfo},
    own_account::{change_password::change_password, delete_me::delete_me, me::me},
    pages::show::{show_home, show_logo, show_style},
    playground::show::{show_file, show_page, show_settings},
    sessions::{
        self, end::end, login::login, logout::logout, logout_all::logout_all, reauthenticate::reauthenticate,
        refresh::refresh,
    },
    status,
    users::register::register,
};

/// The routes of auth-service, with the playground or without, and with further paths of the metadata.
pub fn routes(service: &mut ServiceConfig, events: &AuthEvents, has_playground: bool, metadata_paths: &[String]) {
    for path in metadata_paths {
        service.service(at(path).get(discovery));
    }
    if has_playground {
        service
            .service(at("/").get(show_page))
            .service(at("/playground.json").get(show_settings))
            .service(at("/playground/{file}").get(show_file));
    } else {
        service.service(at("/").get(show_home));
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
        .service(at("/authorize").get_only(authorize).post(authorize_by_form))
        .service(at("/authorize/login").get(show_login).post(log_in))
        .service(at("/authorize/register").get(show_registration).post(register_on_page))
        .service(at("/authorize/consent").post(consent))
        .service(at("/authorize/continue").get_only(go_on))
        .service(at("/clients").get(clients::list::list).post(create))
        .service(at("/clients/{id}").get(clients::show::show).put(replace).delete(clients::delete::delete))
        .service(at("/clients/{id}/secret").post(issue_secret))
        .service(at("/oauth/token").post(token))
        .service(at("/oauth/logout").get_only(end_session).post(end_session_by_form))
        .service(at("/oauth/logout/confirm").post(confirm))
        .service(at("/oauth/revoke").post(revoke))
        .service(at("/oauth/introspect").post(introspect))
        .service(at("/userinfo").get(userinfo).post(userinfo))
        .service(at("/.well-known/jwks.json").get(jwks))
        .service(at("/.well-known/status-list-jwks.json").get(list_jwks))
        .service(at("/.well-known/oauth-authorization-server").get(discovery))
        .service(at("/.well-known/openid-configuration").get(discovery))
        .service(at("/status-lists").get(status::list::list))
        .service(at("/status-lists/{id}").get(status::show::show))
        .service(at("/pages/style.css").get(show_style))
        .service(at("/pages/logo").get(show_logo))
        .service(at("/openapi.json").get(show_openapi))
        .service(at("/docs").get(show_docs))
        .service(at("/docs/{file}").get(show_docs_file))
        .service(at("/metrics").get(show_metrics))
        .service(at("/health/live").get(show_live))
        .service(at("/health/ready").get(show_ready))
        .default_service(web::to(no_such_route));
}
