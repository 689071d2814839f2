//! Where the answer to an authorization request goes.

use actix_web::{HttpResponse, http::header::LOCATION};
use url::Url;

use super::{parameters::Parameters, refusal::Refusal};
use crate::{
    clients::{kind::Kind, registered_client::RegisteredClient},
    form_encoding::form_encoded,
    pages::fault::Fault,
};

/// How the answer gets to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query string of the redirect.
    Query,
    /// In a form that the browser sends (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// Where the answer to an authorization request goes.
#[derive(Clone, Debug)]
pub struct Redirect {
    uri: String,
    state: Option<String>,
    is_of_website: bool,
    /// How it gets there.
    pub mode: ResponseMode,
}

impl Redirect {
    /// What is judged before anything else: the request names a client, and one of its redirect URIs. Otherwise nothing goes
    /// there (RFC 9700, section 4.11.2).
    ///
    /// # Errors
    /// [`Fault`], for a page.
    pub fn of(parameters: &Parameters, client: &RegisteredClient) -> Result<Self, Fault> {
        let uri = parameters.find("redirect_uri").ok_or(Fault::NoRedirectUri)?;
        if !client.allows_redirect_to(uri) {
            return Err(Fault::UnknownRedirectUri);
        }
        let mode = match parameters.find("response_mode") {
            Some("form_post") => ResponseMode::FormPost,
            _ => ResponseMode::Query,
        };
        // Operating systems take a native application's URI from a redirect, but not always from a page.
        let is_of_website = match client.registration.kind {
            Kind::Native => uri.starts_with("http:"),
            _ => uri.starts_with("https:") || uri.starts_with("http:"),
        };
        Ok(Self { uri: uri.to_owned(), is_of_website, state: parameters.find("state").map(str::to_owned), mode })
    }

    /// The URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Its host, or its scheme where it has none: what a person can judge.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.uri).ok();
        let host = url.as_ref().and_then(Url::host_str).map(str::to_owned);
        host.or(url.map(|url| url.scheme().to_owned())).unwrap_or_default()
    }

    /// Whether a website answers there.
    pub fn is_of_website(&self) -> bool {
        self.is_of_website
    }

    /// What a content security policy calls it.
    pub fn form_target(&self) -> Option<String> {
        form_target(&self.uri)
    }

    /// The members of a success (RFC 6749, section 4.1.2; RFC 9207, section 2).
    pub fn success<'a>(&'a self, code: &'a str, issuer: &'a str) -> Vec<(&'static str, &'a str)> {
        self.members([("code", code)], issuer)
    }

    /// The members of an error.
    pub fn refusal<'a>(&'a self, refusal: Refusal, message: &'a str, issuer: &'a str) -> Vec<(&'static str, &'a str)> {
        self.members([("error", refusal.code()), ("error_description", message)], issuer)
    }

    fn members<'a, const N: usize>(
        &'a self,
        first: [(&'static str, &'a str); N],
        issuer: &'a str,
    ) -> Vec<(&'static str, &'a str)> {
        let state = self.state.as_deref().map(|state| ("state", state));
        first.into_iter().chain(state).chain([("iss", issuer)]).collect()
    }

    /// The URI with these members.
    pub fn with(&self, members: &[(&'static str, &str)]) -> String {
        with_members(&self.uri, members)
    }
}

/// A URI with more members in its query string.
pub fn with_members(uri: &str, members: &[(&'static str, &str)]) -> String {
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}{}", form_encoded(members))
}

/// What a content security policy calls the target of a form.
pub fn form_target(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    let origin = url.origin();
    Some(if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) })
}

/// 303 to a URL, so that the browser does not send a form on (RFC 9700, section 4.12).
pub fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, url)).finish()
}
