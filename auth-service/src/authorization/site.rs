//! Where the pages are.

use std::sync::Arc;

use url::Url;

use super::cookies::Cookies;

/// Where the pages are, as browsers see it.
#[derive(Clone, Debug)]
pub struct Site {
    /// Their cookies.
    pub cookies: Cookies,
    /// The path of the issuer; empty if it has none.
    base: Arc<str>,
}

impl Site {
    /// Of an issuer.
    pub fn of(issuer: &str) -> Self {
        let path = Url::parse(issuer).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        Self { cookies: Cookies::of(issuer), base: path.into() }
    }

    /// The path of a page.
    pub fn path(&self, page: &str) -> String {
        format!("{}{page}", self.base)
    }
}
