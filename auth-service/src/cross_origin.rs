//! Requests from web pages of other origins: which routes they may use.

use actix_web::{
    Error,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderValue, ORIGIN},
    middleware::Next,
    web::Data,
};
use service_kit::{Cors, answer_origin};

use crate::clients::client_origins::ClientOrigins;

/// Whose pages may read responses.
pub struct CrossOrigin {
    settings: Cors,
    clients: ClientOrigins,
}

/// Which pages may read the responses of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    /// None: it is a page itself, to which browsers are sent, or it does not exist.
    Nobody,
    /// Those of the origins in the settings.
    Settings,
    /// Those of clients too.
    Clients,
}

impl CrossOrigin {
    /// For the origins in the settings, and those of clients.
    pub fn new(settings: Cors, clients: ClientOrigins) -> Self {
        Self { settings, clients }
    }

    async fn allowed(&self, readers: Readers, req: &ServiceRequest) -> Option<HeaderValue> {
        let origin = req.headers().get(ORIGIN).filter(|_| readers != Readers::Nobody)?.clone();
        let is_allowed =
            self.settings.allows(req.headers()) || (readers == Readers::Clients && self.clients.allows(&origin).await);
        is_allowed.then_some(origin)
    }
}

impl Readers {
    /// Of a path as it was sent. Another spelling of a path, such as an encoded one, has no readers, even if it finds the route.
    fn of(path: &str) -> Self {
        // Of an issuer with a path.
        if path.ends_with("/.well-known/openid-configuration") {
            return Self::Clients;
        }
        let mut segments = path.strip_prefix('/').unwrap_or_default().split('/');
        match (segments.next().unwrap_or_default(), segments.next()) {
            ("oauth", Some("token" | "revoke")) | ("userinfo", None) | (".well-known", Some(_)) => Self::Clients,
            ("oauth", Some("introspect"))
            | (
                "register" | "login" | "refresh" | "reauthenticate" | "logout" | "logout-all" | "sessions" | "me"
                | "password-reset" | "users" | "audit" | "keys" | "clients" | "status-lists" | "openapi.json"
                | "health" | "metrics",
                _,
            ) => Self::Settings,
            _ => Self::Nobody,
        }
    }
}

/// Middleware: lets pages of other origins read the responses of JSON routes. Never those of login pages, nor a preflight
/// request for them (RFC 9700, section 2.6).
///
/// # Errors
/// Those of the inner service.
pub async fn cross_origin<B: MessageBody>(
    rules: Data<CrossOrigin>,
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let readers = Readers::of(req.path());
    if readers == Readers::Nobody || (readers == Readers::Settings && rules.settings.is_empty()) {
        return Ok(next.call(req).await?.map_into_left_body());
    }
    let origin = rules.allowed(readers, &req).await;
    answer_origin(origin, req, next).await
}

#[cfg(test)]
mod tests {
    use super::Readers;

    #[test]
    fn row_11_pages_are_read_by_nobody_however_their_path_is_written() {
        for path in [
            "/",
            "",
            "/authorize",
            "/authorize/login",
            "/%61uthorize",
            "/authorize/",
            "//authorize",
            "/oauth/logout",
            "/oauth/logout/confirm",
            "/oauth/%6cogout",
            "/oauth%2Flogout",
            "/oauth/token%2f..%2flogout",
            "/pages/style.css",
            "/docs",
            "/playground/main.js",
            "/LOGIN",
        ] {
            assert_eq!(Readers::of(path), Readers::Nobody, "{path}");
        }
    }

    #[test]
    fn row_42_pages_of_clients_read_few_routes() {
        for path in ["/oauth/token", "/oauth/revoke", "/userinfo", "/.well-known/openid-configuration"] {
            assert_eq!(Readers::of(path), Readers::Clients, "{path}");
        }
        for path in ["/login", "/users/john", "/oauth/introspect", "/clients", "/me/password"] {
            assert_eq!(Readers::of(path), Readers::Settings, "{path}");
        }
    }
}
