//! Conditional fetches of an issuer's JWK sets.

use reqwest::Client;
use url::Url;

use super::{
    conditional_request::{self, ChangedDocument},
    http::{FetchError, IssuerUrl},
    metadata::{Document, find_url, find_url_if_any},
};
use crate::{
    keys::{Algorithm, InvalidKeySet, KeySet},
    time::UnixTime,
};

/// Where an issuer publishes a JWK set, and the entity tag of its last response.
pub struct JwksSource {
    client: Client,
    document: Document,
    location: Location,
    etag: Option<String>,
    date: Option<UnixTime>,
    instance: Option<String>,
    algorithms: Vec<Algorithm>,
}

enum Location {
    Known(Url),
    /// The URL comes from the issuer's metadata.
    Discovered {
        issuer: String,
        fetch_from: IssuerUrl,
        found: Option<Url>,
    },
}

/// The result of a fetch.
pub(super) enum KeySetFetch {
    Changed {
        keys: KeySet,
        document: String,
    },
    Unchanged,
    /// The issuer has no such key set.
    Absent,
}

impl JwksSource {
    /// Maximum length of a JWK set, in bytes.
    pub const MAX_LEN: usize = KeySet::MAX_LEN;

    /// A JWK set at a fixed URL.
    ///
    /// # Errors
    /// If the root certificates of this machine cannot be read.
    pub fn at(jwks_url: &IssuerUrl) -> Result<Self, reqwest::Error> {
        let client = jwks_url.client(None)?;
        Ok(Self::new(client, Document::Keys, Location::Known(jwks_url.url().clone())))
    }

    /// The JWK set in the metadata of `issuer` (RFC 8414), both fetched from `fetch_from`.
    ///
    /// # Errors
    /// If the root certificates of this machine cannot be read.
    pub fn of_issuer(issuer: impl Into<String>, fetch_from: IssuerUrl) -> Result<Self, reqwest::Error> {
        Self::discovered(Document::Keys, issuer.into(), fetch_from)
    }

    /// The JWK set for status lists in the metadata of `issuer`, both fetched from `fetch_from`. Not every issuer has one.
    ///
    /// # Errors
    /// If the root certificates of this machine cannot be read.
    pub fn of_status_lists(issuer: impl Into<String>, fetch_from: IssuerUrl) -> Result<Self, reqwest::Error> {
        Self::discovered(Document::StatusListKeys, issuer.into(), fetch_from)
    }

    /// The JWK set in the metadata of the OpenID provider `issuer`, both fetched from `fetch_from`.
    ///
    /// # Errors
    /// If the root certificates of this machine cannot be read.
    #[cfg(feature = "oidc")]
    pub(super) fn of_openid_provider(issuer: String, fetch_from: IssuerUrl) -> Result<Self, reqwest::Error> {
        Self::discovered(Document::OpenIdKeys, issuer, fetch_from)
    }

    fn discovered(document: Document, issuer: String, fetch_from: IssuerUrl) -> Result<Self, reqwest::Error> {
        let client = fetch_from.client(None)?;
        Ok(Self::new(client, document, Location::Discovered { issuer, fetch_from, found: None }))
    }

    fn new(client: Client, document: Document, location: Location) -> Self {
        let algorithms = vec![Algorithm::Rs256];
        Self { client, document, location, etag: None, date: None, instance: None, algorithms }
    }

    /// Sends this instance name to the issuer with each fetch.
    #[must_use]
    pub fn as_instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// The algorithms whose keys are used. Default: RS256.
    #[must_use]
    pub fn for_algorithms(mut self, algorithms: impl Into<Vec<Algorithm>>) -> Self {
        self.algorithms = algorithms.into();
        self
    }

    /// The keys of a document from this source.
    pub(super) fn parse(&self, document: &[u8]) -> Result<KeySet, InvalidKeySet> {
        KeySet::from_jwks_for(document, &self.algorithms)
    }

    /// The name of the task that fetches it, and what logs call it.
    pub(super) fn names(&self) -> (&'static str, &'static str) {
        match self.document {
            Document::StatusListKeys => ("status-list-keys", "the keys of the issuer's status lists"),
            _ => ("keys", "the issuer's keys"),
        }
    }

    /// The issuer's time at its last response.
    pub(super) fn date(&self) -> Option<UnixTime> {
        self.date
    }

    /// Fetches the JWK set if it has changed.
    pub(super) async fn fetch_if_changed(&mut self) -> Result<KeySetFetch, FetchError> {
        let fetched = self.try_fetch().await;
        if fetched.is_err()
            && let Location::Discovered { found, .. } = &mut self.location
        {
            // The URL may have changed: fetch the metadata again.
            *found = None;
        }
        fetched
    }

    async fn try_fetch(&mut self) -> Result<KeySetFetch, FetchError> {
        let Some(url) = self.url().await? else {
            // Should there be one later, it is fetched whole.
            self.etag = None;
            return Ok(KeySetFetch::Absent);
        };
        let mut request = conditional_request::build(&self.client, &url);
        if let Some(instance) = &self.instance {
            request = request.header(crate::keys::VERIFIER_HEADER, instance);
        }
        let response = conditional_request::send(request, &url, self.etag.as_deref(), Self::MAX_LEN).await?;
        self.date = response.date;
        let Some(ChangedDocument { etag, body }) = response.document? else { return Ok(KeySetFetch::Unchanged) };
        let wrong = |reason: String| FetchError::Document { url: url.to_string(), reason };
        let keys = self.parse(&body).map_err(|error| match KeySet::ignored_in(&body, &self.algorithms) {
            ignored if ignored.is_empty() => wrong(error.to_string()),
            ignored => wrong(format!("{error}: {}", ignored.join("; "))),
        })?;
        let document = String::from_utf8(body).map_err(|error| wrong(error.to_string()))?;
        self.etag = etag;
        Ok(KeySetFetch::Changed { keys, document })
    }

    async fn url(&mut self) -> Result<Option<Url>, FetchError> {
        let (issuer, fetch_from, found) = match &mut self.location {
            Location::Known(url) | Location::Discovered { found: Some(url), .. } => return Ok(Some(url.clone())),
            Location::Discovered { issuer, fetch_from, found } => (issuer, fetch_from, found),
        };
        *found = match self.document {
            Document::StatusListKeys => find_url_if_any(&self.client, issuer, fetch_from, self.document).await?,
            _ => Some(find_url(&self.client, issuer, fetch_from, self.document).await?),
        };
        if let Some(url) = found {
            log::info!("keys of {issuer} are published at {url}");
        }
        Ok(found.clone())
    }
}
