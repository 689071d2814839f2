//! Sends logout tokens to applications.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{Client, StatusCode, header::CONTENT_TYPE, redirect::Policy};
use url::{Host, Url};

use super::{
    public_address::is_public,
    resolver::{NoPublicAddress, PublicResolver},
};
use crate::clients::backchannel_uri::BackchannelUri;

/// From the lookup of the name to the headers of the response.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why an application did not get a logout token.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// It did not respond: no connection, no response in time.
    #[error(transparent)]
    NoResponse(reqwest::Error),
    /// It responded with another status than 200 or 204.
    #[error("the application responded with status {0}")]
    Status(StatusCode),
    /// The URI has an address that may not be connected to.
    #[error(transparent)]
    Private(#[from] NoPublicAddress),
    /// There is no client, for example because the system has no root certificates.
    #[error("no HTTP client: {0}")]
    NoClient(String),
}

/// The applications, as HTTP servers whose addresses strangers may have chosen.
pub struct Receivers {
    allows_private: bool,
    http: OnceLock<Result<Client, String>>,
    https: OnceLock<Result<Client, String>>,
}

impl Receivers {
    /// Connects to public addresses, or to all.
    pub fn new(allows_private: bool) -> Self {
        Self { allows_private, http: OnceLock::new(), https: OnceLock::new() }
    }

    /// Posts a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.5). Of the response only the status is read.
    ///
    /// # Errors
    /// [`Undelivered`].
    pub async fn send(&self, uri: &BackchannelUri, logout_token: &str) -> Result<(), Undelivered> {
        let url = Url::parse(uri.as_str()).map_err(|error| Undelivered::NoClient(error.to_string()))?;
        // Addresses are connected to without the resolver.
        if !self.allows_private && !is_public_host(&url) {
            return Err(NoPublicAddress.into());
        }
        let client = self.client(&url).map_err(Undelivered::NoClient)?;
        // A token needs no encoding.
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("logout_token={logout_token}"));
        let response = request.send().await.map_err(|error| Undelivered::NoResponse(error.without_url()))?;
        match response.status() {
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
            other => Err(Undelivered::Status(other)),
        }
    }

    /// Built at first use: most issuers need none, and without TLS no root certificates.
    fn client(&self, url: &Url) -> Result<&Client, String> {
        let cell = if url.scheme() == "https" { &self.https } else { &self.http };
        cell.get_or_init(|| self.build(url).map_err(|error| error.to_string())).as_ref().map_err(Clone::clone)
    }

    fn build(&self, url: &Url) -> Result<Client, reqwest::Error> {
        let builder = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).no_proxy();
        let builder = if url.scheme() == "https" { builder } else { builder.tls_certs_only([]) };
        let builder = if self.allows_private { builder } else { builder.dns_resolver(Arc::new(PublicResolver)) };
        builder.build()
    }
}

/// Whether the host is a name, or a public address.
fn is_public_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(_)) => true,
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        None => false,
    }
}
