//! The cookies of the application.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite},
};

use super::{pending_login::PendingLogin, public_url::PublicUrl};

/// Names and attributes of the cookies. With https their names begin with `__Host-`, so that no other host can set them; on a
/// developer's machine, where applications share a host, they end with the port.
pub(super) struct LoginCookies {
    session: String,
    pending: String,
    is_secure: bool,
}

/// Logins that may be pending in one browser at the same time, as in several tabs. It bounds the length of the cookies.
const SLOTS: u8 = 4;

impl LoginCookies {
    pub(super) fn of(url: &PublicUrl) -> Self {
        let name = |name: &str| match url.port().filter(|_| !url.is_secure()) {
            _ if url.is_secure() => format!("__Host-{name}"),
            Some(port) => format!("{name}_{port}"),
            None => name.to_owned(),
        };
        Self { session: name("app_session"), pending: name("app_login"), is_secure: url.is_secure() }
    }

    /// The session's cookie. It lasts until the browser is closed; the session on the server ends earlier or later.
    pub(super) fn session(&self, value: String) -> Cookie<'static> {
        self.cookie(self.session.clone(), value)
    }

    pub(super) fn no_session(&self) -> Cookie<'static> {
        removal(self.session(String::new()))
    }

    pub(super) fn find_session(&self, req: &HttpRequest) -> Option<String> {
        // The length of what this application has set, so that nothing long is hashed.
        req.cookie(&self.session).map(|cookie| cookie.value().to_owned()).filter(|value| value.len() == 43)
    }

    pub(super) fn pending(&self, state: &str, sealed: String) -> Cookie<'static> {
        let mut cookie = self.cookie(self.pending_name(state), sealed);
        let seconds = i64::try_from(PendingLogin::TTL.as_secs()).unwrap_or(i64::MAX);
        cookie.set_max_age(actix_web::cookie::time::Duration::seconds(seconds));
        cookie
    }

    pub(super) fn no_pending(&self, state: &str) -> Cookie<'static> {
        removal(self.cookie(self.pending_name(state), String::new()))
    }

    pub(super) fn find_pending(&self, req: &HttpRequest, state: &str) -> Option<String> {
        req.cookie(&self.pending_name(state)).map(|cookie| cookie.value().to_owned())
    }

    fn pending_name(&self, state: &str) -> String {
        let slot = state.bytes().next().unwrap_or_default() % SLOTS;
        format!("{}_{slot}", self.pending)
    }

    /// `Lax`, since `Strict` would not be sent after the redirect from the issuer.
    fn cookie(&self, name: String, value: String) -> Cookie<'static> {
        let cookie = Cookie::build(name, value).path("/").http_only(true);
        cookie.secure(self.is_secure).same_site(SameSite::Lax).finish()
    }
}

fn removal(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.make_removal();
    cookie
}
