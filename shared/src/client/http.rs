//! How the issuer is asked: with timeouts, without redirects, and never for more than a bounded answer.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, Response, redirect::Policy};
use url::{Host, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a document of the issuer could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer: refused, timed out, cut off.
    #[error("{url} does not answer")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// Why there was no answer.
        source: reqwest::Error,
    },
    /// An answer other than the document.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// An answer longer than the document may be.
    #[error("{url} answered with more than {limit} bytes")]
    TooLong {
        /// What was asked for.
        url: String,
        /// How many bytes are taken.
        limit: usize,
    },
    /// An answer that is not what it should be.
    #[error("{url} answered with something else than expected: {reason}")]
    Document {
        /// What was asked for.
        url: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// An address that must not be asked.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
}

/// Why an address is not one to fetch keys from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// No absolute `http` or `https` URL.
    #[error("{0:?} is not an http or https URL")]
    Malformed(String),
    /// Whoever sits on the way could hand out keys of their own.
    #[error("{0} is not https, and its host is not this machine: whoever sits on the way could hand out keys")]
    Insecure(String),
}

/// An address of the issuer that may be asked: https, or http to this machine, or http where it is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl {
    url: Url,
    allow_http: bool,
}

impl IssuerUrl {
    /// Reads an address; plain http to another machine is taken only with `allow_http`.
    ///
    /// # Errors
    /// [`InvalidUrl`], which says what is wrong.
    pub fn parse(text: &str, allow_http: bool) -> Result<Self, InvalidUrl> {
        let url = Url::parse(text).map_err(|_| InvalidUrl::Malformed(text.to_owned()))?;
        match url.scheme() {
            "https" => Ok(Self { url, allow_http }),
            "http" if allow_http || is_loopback(&url) => Ok(Self { url, allow_http }),
            "http" => Err(InvalidUrl::Insecure(text.to_owned())),
            _ => Err(InvalidUrl::Malformed(text.to_owned())),
        }
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Another address that this one names, under the same conditions.
    pub(super) fn named(&self, text: &str) -> Result<Self, InvalidUrl> {
        Self::parse(text, self.allow_http)
    }

    /// The same service at another path.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// A client for this address.
    pub(super) fn client(&self, timeout: Option<Duration>) -> Result<Client, reqwest::Error> {
        let builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout.unwrap_or(TIMEOUT))
            .redirect(Policy::none())
            .no_proxy();
        // Without TLS no root certificates are needed, so a machine that has none is fine.
        let builder = if self.url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
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

/// The body of an answer, if it is no longer than `limit` bytes.
pub(super) async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let url = response.url().to_string();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= limit => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(FetchError::TooLong { url, limit }),
            Ok(None) => return Ok(body),
            Err(source) => return Err(FetchError::NoAnswer { url, source }),
        }
    }
}
