//! What an issuer publishes, fetched once: for diagnostics, without background tasks.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{
    http::FetchError,
    issuer::Issuer,
    jwks_source::{JwksSource, KeySetFetch},
    metadata,
    setup_error::SetupError,
    status_source::StatusSource,
};
use crate::{
    keys::{JwksCache, KeySet},
    status::{StatusListKeys, StatusListToken},
    time::UnixTime,
};

/// What an issuer publishes now, as far as a verifier needs it.
#[derive(Debug)]
pub struct IssuerInspection {
    /// The metadata; none if nothing is fetched because the key is configured and revocation is not checked.
    pub metadata: Option<Result<InspectedMetadata, FetchError>>,
    /// The keys of access tokens: the published ones, also if one is configured; none if they are not fetched.
    pub keys: Option<Result<InspectedKeys, FetchError>>,
    /// The number of status lists, all of which are valid; none if revocation is not checked or there are no keys.
    pub status_lists: Option<Result<usize, FetchError>>,
}

/// The metadata of an issuer, which has the expected name.
#[derive(Clone, Debug)]
pub struct InspectedMetadata {
    /// The claim `aud` of its access tokens, if published.
    pub audience: Option<String>,
    /// Its time, if the response has one.
    pub date: Option<UnixTime>,
    /// The local time, from before the request until after the response.
    pub requested: RangeInclusive<UnixTime>,
}

/// The keys of an issuer.
#[derive(Clone, Debug)]
pub struct InspectedKeys {
    /// The ids of those that can be used.
    pub kids: Vec<String>,
    /// Why the others cannot be used: a line for each.
    pub ignored: Vec<String>,
    /// Whether the configured key is one of them; none if none is configured.
    pub has_configured: Option<bool>,
}

/// For all status lists together: each of a thousand might take seconds.
const LISTS_TIMEOUT: Duration = Duration::from_secs(30);

impl Issuer {
    /// Fetches what the issuer publishes.
    ///
    /// # Errors
    /// [`SetupError`] for invalid settings.
    pub async fn inspect(&self) -> Result<IssuerInspection, SetupError> {
        self.check()?;
        let configured = self.public_key.as_deref().map(KeySet::from_pem).transpose()?;
        if configured.is_some() && !self.checks_revocation {
            return Ok(IssuerInspection { metadata: None, keys: None, status_lists: None });
        }
        let metadata = self.inspect_metadata().await?;
        let (keys, published) = match fetch_keys(self.jwks()?).await {
            Ok(Some(published)) => (Some(Ok(InspectedKeys::of(&published, configured.as_ref()))), Some(published)),
            Ok(None) => (None, None),
            Err(error) => (Some(Err(error)), None),
        };
        let status_lists = match configured.or(published) {
            Some(trusted) if self.checks_revocation => Some(self.count_status_lists(trusted).await?),
            _ => None,
        };
        Ok(IssuerInspection { metadata: Some(metadata), keys, status_lists })
    }

    async fn inspect_metadata(&self) -> Result<Result<InspectedMetadata, FetchError>, SetupError> {
        let base = self.base_url()?;
        let client = base.client(None)?;
        let before = UnixTime::now();
        let fetched = metadata::fetch(&client, self.name(), &base).await;
        let requested = before..=UnixTime::now();
        Ok(fetched.map(|(metadata, date)| {
            let audience = metadata.audience().map(str::to_owned);
            InspectedMetadata { audience, date, requested }
        }))
    }

    /// Fetches and verifies all lists; the first failure is the result.
    async fn count_status_lists(&self, keys: KeySet) -> Result<Result<usize, FetchError>, SetupError> {
        let (own_keys, lists) = (self.status_list_jwks()?, StatusSource::of_issuer(self.name(), self.base_url()?)?);
        let url = self.name().to_owned();
        let reason = format!("its status lists could not be fetched within {} s", LISTS_TIMEOUT.as_secs());
        let late = FetchError::Document { url, reason };
        Ok(timeout(LISTS_TIMEOUT, verify_lists(keys, own_keys, lists)).await.unwrap_or(Err(late)))
    }
}

impl InspectedKeys {
    fn of(published: &KeySet, configured: Option<&KeySet>) -> Self {
        let has = |configured: &KeySet| {
            let configured = configured.find(None);
            published.kids().any(|kid| published.find(Some(kid)) == configured)
        };
        let mut kids: Vec<_> = published.kids().map(str::to_owned).collect();
        kids.sort_unstable();
        Self { kids, ignored: published.ignored().to_vec(), has_configured: configured.map(has) }
    }
}

async fn verify_lists(keys: KeySet, own_keys: JwksSource, mut lists: StatusSource) -> Result<usize, FetchError> {
    let own = match fetch_keys(own_keys).await? {
        Some(own) => JwksCache::fixed(own),
        None => JwksCache::absent(),
    };
    let keys = StatusListKeys::new(Arc::new(own), Arc::new(JwksCache::fixed(keys)));
    let uris = lists.fetch_uris().await?.to_vec();
    let fetcher = lists.fetcher();
    for url in &uris {
        let body = fetcher.fetch(url, None).await?.map(|document| document.body).unwrap_or_default();
        let wrong = |reason: String| FetchError::Document { url: url.clone(), reason };
        let token = String::from_utf8(body).map_err(|error| wrong(error.to_string()))?;
        StatusListToken::verify(&token, url, keys.form(), UnixTime::now()).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(uris.len())
}

/// The keys of a source; none if the issuer has no such key set.
async fn fetch_keys(mut source: JwksSource) -> Result<Option<KeySet>, FetchError> {
    match source.fetch_if_changed().await? {
        KeySetFetch::Changed { keys, .. } => Ok(Some(keys)),
        KeySetFetch::Unchanged | KeySetFetch::Absent => Ok(None),
    }
}
