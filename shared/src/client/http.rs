//! HTTP requests to the issuer, with timeouts, without redirects, and with a limit on the length of responses.

use std::{net::IpAddr, sync::Arc, time::Duration};

use reqwest::{Certificate, Client, Response, redirect::Policy};
use url::{Host, Url};

use super::cause::cause;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a document could not be fetched from the issuer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No response: the connection was refused, timed out or closed.
    #[error("no response from {url}: {}", cause(source))]
    NoResponse {
        /// The URL of the request.
        url: String,
        /// The cause.
        source: reqwest::Error,
    },
    /// An unexpected status code.
    #[error("{url} responded with status {status}")]
    Status {
        /// The URL of the request.
        url: String,
        /// The status code.
        status: u16,
    },
    /// The response is too long.
    #[error("the response from {url} exceeds {limit} bytes")]
    TooLong {
        /// The URL of the request.
        url: String,
        /// The maximum length, in bytes.
        limit: usize,
    },
    /// The response is not a valid document.
    #[error("unexpected response from {url}: {reason}")]
    Document {
        /// The URL of the request.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The metadata is that of another issuer.
    #[error("unexpected response from {url}: it is the metadata of the issuer {found}, not of {expected}")]
    OtherIssuer {
        /// The URL of the request.
        url: String,
        /// The name of the issuer that responds.
        found: String,
        /// The name of the issuer that should respond.
        expected: String,
    },
    /// The issuer published a URL that is invalid or not allowed.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
}

/// Why a URL must not be fetched from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// Not an absolute `http` or `https` URL. It is not repeated, since it may contain a password.
    #[error("it is not an http or https URL")]
    Malformed,
    /// It contains a username or password, which would never be sent.
    #[error("it contains a username or password, which is not supported")]
    Credentials,
    /// It has a fragment, or a query where a path is added to it.
    #[error("it has a {0}, which is not supported")]
    Unsupported(&'static str),
    /// Plain HTTP to another machine: an attacker on the network could inject keys.
    #[error("{0} is not https and not on this machine: an attacker on the network could replace the keys")]
    Insecure(String),
}

/// A URL that may be fetched from: https, http to this machine, or any http if explicitly allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl {
    url: Url,
    allow_http: bool,
    /// Certificates in PEM that are trusted instead of those of the system.
    authorities: Option<Arc<str>>,
}

impl IssuerUrl {
    /// Parses a URL. Plain http to other machines is accepted only with `allow_http`.
    ///
    /// # Errors
    /// [`InvalidUrl`] if the URL is malformed or insecure.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, InvalidUrl> {
        let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace());
        let url = Url::parse(text).ok().filter(|_| is_plain).ok_or(InvalidUrl::Malformed)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidUrl::Credentials);
        }
        if url.fragment().is_some() {
            return Err(InvalidUrl::Unsupported("fragment"));
        }
        match url.scheme() {
            "https" => Ok(Self { url, allow_http, authorities: None }),
            "http" if allow_http || is_loopback(&url) => Ok(Self { url, allow_http, authorities: None }),
            "http" => Err(InvalidUrl::Insecure(text.to_owned())),
            _ => Err(InvalidUrl::Malformed),
        }
    }

    /// Trusts these certificates in PEM instead of those of the system, for an issuer whose certificate a private authority has
    /// signed.
    #[must_use]
    pub fn ca_certificate(self, pem: impl Into<Arc<str>>) -> Self {
        Self { authorities: Some(pem.into()), ..self }
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Whether its host is a name without a dot, which only the name server of a container network knows, as that of a service
    /// in Docker or Kubernetes.
    pub fn is_of_container_network(&self) -> bool {
        matches!(self.url.host(), Some(Host::Domain(name)) if !name.contains('.'))
    }

    /// The same, as the base of other URLs: it has no query, which would be lost.
    pub(super) fn into_base(self) -> Result<Self, InvalidUrl> {
        if self.url.query().is_some() { Err(InvalidUrl::Unsupported("query")) } else { Ok(self) }
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Parses a URL that the issuer published, under the same conditions.
    pub(crate) fn named(&self, text: &str) -> Result<Self, InvalidUrl> {
        let authorities = self.authorities.clone();
        Self::parse(text, self.allow_http).map(|url| Self { authorities, ..url })
    }

    /// The URL of a path below this one.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// An HTTP client for this URL.
    pub(crate) fn client(&self, timeout: Option<Duration>) -> Result<Client, reqwest::Error> {
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout.unwrap_or(TIMEOUT))
            .redirect(Policy::none())
            .no_proxy();
        // Plain HTTP also works on machines without root certificates.
        let builder = match &self.authorities {
            _ if self.url.scheme() == "http" => builder.tls_certs_only([]),
            Some(pem) => builder.tls_certs_only(Certificate::from_pem_bundle(pem.as_bytes())?),
            None => builder,
        };
        builder.build()
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    }
}

/// Reads the body of a response of at most `limit` bytes.
pub(crate) async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let url = response.url().to_string();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= limit => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(FetchError::TooLong { url, limit }),
            Ok(None) => return Ok(body),
            Err(source) => return Err(FetchError::NoResponse { url, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_without_a_dot_is_one_of_a_container_network() {
        for (url, expected) in [
            ("http://auth-service:5000", true),
            ("http://login.example.com", false),
            ("http://login.example.com.", false),
            ("http://10.0.0.1:5000", false),
            ("http://[::1]:5000", false),
        ] {
            assert_eq!(IssuerUrl::parse(url, true).unwrap().is_of_container_network(), expected, "{url}");
        }
    }
}
