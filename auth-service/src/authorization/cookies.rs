//! The cookies of the pages.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    http::header::COOKIE,
};

/// The names of the pages' cookies, and how they are sent.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    is_secure: bool,
}

/// A cookie of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// Recognizes a browser before anybody has logged in.
    Browser,
    /// The session.
    Session,
    /// The token of a device that somebody has logged in from.
    Device,
}

impl Cookies {
    /// Those of an issuer. With TLS no other host can set them, nor can anybody without TLS (RFC 6265bis, section 4.1.3.2).
    pub fn of(issuer: &str) -> Self {
        Self { is_secure: issuer.starts_with("https://") }
    }

    fn name(self, kind: CookieKind) -> &'static str {
        match (kind, self.is_secure) {
            (CookieKind::Browser, true) => "__Host-auth_browser",
            (CookieKind::Browser, false) => "auth_browser",
            (CookieKind::Session, true) => "__Host-auth_session",
            (CookieKind::Session, false) => "auth_session",
            (CookieKind::Device, true) => "__Host-auth_device",
            (CookieKind::Device, false) => "auth_device",
        }
    }

    /// The value of a request's cookie. Other applications fill other cookies with whatever they like; these are not parsed.
    pub fn find(self, req: &HttpRequest, kind: CookieKind) -> Option<String> {
        const MAX_LEN: usize = 512;
        let name = self.name(kind).as_bytes();
        let pairs = req.headers().get_all(COOKIE).flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
        let value = pairs.map(<[u8]>::trim_ascii).find_map(|pair| pair.strip_prefix(name)?.strip_prefix(b"="))?;
        str::from_utf8(value).ok().filter(|value| !value.is_empty() && value.len() <= MAX_LEN).map(str::to_owned)
    }

    /// A cookie as it is set. The browser sends it when a user comes from an application's page, but not with that page's own
    /// requests: `Strict` would hide the session from every application.
    pub fn set(self, kind: CookieKind, value: String) -> Cookie<'static> {
        let cookie = Cookie::build(self.name(kind), value).path("/").http_only(true).secure(self.is_secure);
        let cookie = cookie.same_site(SameSite::Lax);
        match kind {
            CookieKind::Device => cookie.max_age(Duration::days(365)).finish(),
            CookieKind::Browser | CookieKind::Session => cookie.finish(),
        }
    }

    /// A cookie that is removed.
    pub fn removed(self, kind: CookieKind) -> Cookie<'static> {
        let mut cookie = self.set(kind, String::new());
        cookie.make_removal();
        cookie
    }
}
