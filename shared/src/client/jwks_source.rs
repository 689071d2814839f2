//! The issuer's published key set, fetched only when it has changed.

use reqwest::{Client, Response, StatusCode, header};
use url::Url;

use super::{
    http::{FetchError, IssuerUrl, read_body},
    metadata::find_jwks_url,
};
use crate::{KeySet, UnixTime};

/// Where one issuer publishes its keys, and what it said last.
pub struct JwksSource {
    client: Client,
    place: Place,
    etag: Option<String>,
    date: Option<UnixTime>,
    instance: Option<String>,
}

enum Place {
    Known(Url),
    /// Told by the issuer's metadata.
    Discovered {
        issuer: String,
        fetch_from: IssuerUrl,
        found: Option<Url>,
    },
}

/// What a look at the issuer's keys brought.
pub(super) enum Look {
    Changed { keys: KeySet, document: String },
    Unchanged,
}

impl JwksSource {
    /// The longest key set that is read, in bytes.
    pub const MAX_LEN: usize = 256 * 1024;

    /// A key set whose address is known.
    ///
    /// # Errors
    /// If this machine's root certificates cannot be read.
    pub fn at(jwks_url: &IssuerUrl) -> Result<Self, reqwest::Error> {
        let client = jwks_url.client(None)?;
        Ok(Self { client, place: Place::Known(jwks_url.url().clone()), etag: None, date: None, instance: None })
    }

    /// The key set that an issuer's metadata names (RFC 8414), asked for at `fetch_from`.
    ///
    /// # Errors
    /// If this machine's root certificates cannot be read.
    pub fn of_issuer(issuer: impl Into<String>, fetch_from: IssuerUrl) -> Result<Self, reqwest::Error> {
        let client = fetch_from.client(None)?;
        let place = Place::Discovered { issuer: issuer.into(), fetch_from, found: None };
        Ok(Self { client, place, etag: None, date: None, instance: None })
    }

    /// Tells the issuer by name who holds its keys.
    #[must_use]
    pub fn as_instance(mut self, instance: impl Into<String>) -> Self {
        self.instance = Some(instance.into());
        self
    }

    /// What the issuer said last, for those who keep the key set.
    pub(super) fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// The issuer's time when it last answered.
    pub(super) fn date(&self) -> Option<UnixTime> {
        self.date
    }

    /// The key set with this entity tag is at hand already.
    pub(super) fn resume_with(&mut self, etag: Option<String>) {
        self.etag = etag;
    }

    /// Looks at the published keys; an answer that they are as before costs the issuer next to nothing.
    pub(super) async fn look(&mut self) -> Result<Look, FetchError> {
        let looked = self.look_at_place().await;
        if looked.is_err()
            && let Place::Discovered { found, .. } = &mut self.place
        {
            // The keys may have moved: the metadata is asked again.
            *found = None;
        }
        looked
    }

    async fn look_at_place(&mut self) -> Result<Look, FetchError> {
        let url = self.url().await?;
        // A cache on the way would hide a withdrawn key, or a new one.
        let mut request = self.client.get(url.clone()).header(header::CACHE_CONTROL, "no-cache");
        if let Some(etag) = &self.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(instance) = &self.instance {
            request = request.header(crate::VERIFIER_HEADER, instance);
        }
        let response = request.send().await.map_err(|source| FetchError::NoAnswer { url: url.to_string(), source })?;
        self.date = text_of(&response, header::DATE)
            .and_then(|date| httpdate::parse_http_date(&date).ok())
            .and_then(UnixTime::from_system_time);
        if response.status() == StatusCode::NOT_MODIFIED && self.etag.is_some() {
            return Ok(Look::Unchanged);
        }
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status { url: url.to_string(), status: response.status().as_u16() });
        }
        let etag = text_of(&response, header::ETAG);
        let body = read_body(response, Self::MAX_LEN).await?;
        let wrong = |reason: String| FetchError::Document { url: url.to_string(), reason };
        let keys = KeySet::from_jwks(&body).map_err(|error| wrong(error.to_string()))?;
        let document = String::from_utf8(body).map_err(|error| wrong(error.to_string()))?;
        self.etag = etag;
        Ok(Look::Changed { keys, document })
    }

    async fn url(&mut self) -> Result<Url, FetchError> {
        match &mut self.place {
            Place::Known(url) | Place::Discovered { found: Some(url), .. } => Ok(url.clone()),
            Place::Discovered { issuer, fetch_from, found } => {
                let url = find_jwks_url(&self.client, issuer, fetch_from).await?;
                log::info!("the keys of {issuer} are published at {url}");
                Ok(found.insert(url).clone())
            }
        }
    }
}

fn text_of(response: &Response, name: header::HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}
