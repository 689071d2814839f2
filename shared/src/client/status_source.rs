//! Conditional fetches of an issuer's status lists.

use std::{collections::HashSet, time::Duration};

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::{
    http::{FetchError, IssuerUrl},
    metadata::{Document, find_url, reachable},
    news::{self, News},
};
use crate::{
    json::from_object,
    status::{StatusListToken, is_beneath},
};

/// Where an issuer publishes its status lists, and their URIs at the last fetch.
pub struct StatusSource {
    lists: ListFetcher,
    aggregation: Option<Url>,
    /// Whether the metadata must be fetched again.
    is_lost: bool,
    etag: Option<String>,
    named: Vec<String>,
}

/// Fetches lists.
#[derive(Clone)]
pub(super) struct ListFetcher {
    client: Client,
    issuer: String,
    fetch_from: IssuerUrl,
}

/// The status list aggregation (draft-ietf-oauth-status-list, section 9.3).
#[derive(Deserialize)]
struct Aggregation {
    status_lists: Vec<String>,
}

impl StatusSource {
    /// Maximum number of lists of an issuer.
    pub const MAX_LISTS: usize = 1024;
    /// Maximum length of the status list aggregation, in bytes.
    pub const MAX_AGGREGATION_LEN: usize = 512 * 1024;
    /// Short, since a slow response delays the next lists.
    const TIMEOUT: Duration = Duration::from_secs(3);

    /// The lists in the metadata of `issuer` (RFC 8414), fetched from `fetch_from`.
    ///
    /// # Errors
    /// If the root certificates of this machine cannot be read.
    pub fn of_issuer(issuer: impl Into<String>, fetch_from: IssuerUrl) -> Result<Self, reqwest::Error> {
        let client = fetch_from.client(Some(Self::TIMEOUT))?;
        let lists = ListFetcher { client, issuer: issuer.into(), fetch_from };
        Ok(Self { lists, aggregation: None, is_lost: false, etag: None, named: Vec::new() })
    }

    pub(super) fn fetcher(&self) -> ListFetcher {
        self.lists.clone()
    }

    /// Fetches the URIs of all lists.
    pub(super) async fn list_all(&mut self) -> Result<&[String], FetchError> {
        if let Err(error) = self.look().await {
            // The URL of the aggregation may have changed.
            self.is_lost = true;
            return Err(error);
        }
        Ok(&self.named)
    }

    async fn look(&mut self) -> Result<(), FetchError> {
        let url = self.url().await?;
        let request = news::request(&self.lists.client, &url);
        let response = news::ask(request, &url, self.etag.as_deref(), Self::MAX_AGGREGATION_LEN).await?;
        let Some(News { etag, body }) = response.news? else { return Ok(()) };
        let wrong = |reason: String| FetchError::Document { url: url.to_string(), reason };
        let Aggregation { status_lists } = from_object(&body).map_err(|error| wrong(error.to_string()))?;
        if status_lists.len() > Self::MAX_LISTS {
            return Err(wrong(format!("it names more than {} lists", Self::MAX_LISTS)));
        }
        let own: HashSet<_> = status_lists.into_iter().filter(|uri| self.is_own(uri)).collect();
        self.named = own.into_iter().collect();
        self.etag = etag;
        Ok(())
    }

    /// Whether a list is below the issuer's URL; tokens with other lists are rejected.
    fn is_own(&self, uri: &str) -> bool {
        let is_own = is_beneath(uri, &self.lists.issuer);
        if !is_own {
            log::debug!("a status list of {} is ignored, it belongs to another issuer: {uri:?}", self.lists.issuer);
        }
        is_own
    }

    async fn url(&mut self) -> Result<Url, FetchError> {
        if let Some(url) = self.aggregation.as_ref().filter(|_| !self.is_lost) {
            return Ok(url.clone());
        }
        let ListFetcher { client, issuer, fetch_from } = &self.lists;
        let url = find_url(client, issuer, fetch_from, Document::StatusLists).await?;
        self.is_lost = false;
        if self.aggregation.as_ref() != Some(&url) {
            log::info!("the status lists of {issuer} are named at {url}");
            self.etag = None;
        }
        Ok(self.aggregation.insert(url).clone())
    }
}

impl ListFetcher {
    /// Fetches a list; `None` if its entity tag is still `etag`.
    pub(super) async fn look_at(&self, uri: &str, etag: Option<&str>) -> Result<Option<News>, FetchError> {
        let url = reachable(uri, &self.issuer, &self.fetch_from)?;
        let request = news::request(&self.client, &url);
        news::ask(request, &url, etag, StatusListToken::MAX_LEN).await?.news
    }
}
