//! Conditional fetches of an issuer's status lists.

use std::{collections::HashSet, time::Duration};

use reqwest::{Client, header};
use serde::Deserialize;
use url::Url;

use super::{
    conditional_request::{self, ChangedDocument},
    http::{FetchError, IssuerUrl},
    metadata::{Document, find_url, reachable},
};
use crate::{
    json::from_object,
    status::{STATUS_LIST_AUDIENCE, STATUS_LIST_MEDIA_TYPE, StatusListToken, is_below},
};

/// Where an issuer publishes its status lists, and their URIs at the last fetch.
pub struct StatusSource {
    fetcher: ListFetcher,
    aggregation: Option<Url>,
    /// Whether the metadata must be fetched again.
    must_rediscover: bool,
    etag: Option<String>,
    uris: Vec<String>,
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
        let fetcher = ListFetcher { client, issuer: issuer.into(), fetch_from };
        Ok(Self { fetcher, aggregation: None, must_rediscover: false, etag: None, uris: Vec::new() })
    }

    pub(super) fn fetcher(&self) -> ListFetcher {
        self.fetcher.clone()
    }

    /// Fetches the URIs of all lists.
    pub(super) async fn fetch_uris(&mut self) -> Result<&[String], FetchError> {
        if let Err(error) = self.refresh_uris().await {
            // The URL of the aggregation may have changed.
            self.must_rediscover = true;
            return Err(error);
        }
        Ok(&self.uris)
    }

    async fn refresh_uris(&mut self) -> Result<(), FetchError> {
        let url = self.url().await?;
        let request = conditional_request::build(&self.fetcher.client, &url);
        let response =
            conditional_request::send(request, &url, self.etag.as_deref(), Self::MAX_AGGREGATION_LEN).await?;
        let Some(ChangedDocument { etag, body }) = response.document? else { return Ok(()) };
        let wrong = |reason: String| FetchError::Document { url: url.to_string(), reason };
        let Aggregation { status_lists } = from_object(&body).map_err(|error| wrong(error.to_string()))?;
        if status_lists.len() > Self::MAX_LISTS {
            return Err(wrong(format!("it lists more than {} status lists", Self::MAX_LISTS)));
        }
        let own: HashSet<_> = status_lists.into_iter().filter(|uri| self.is_own(uri)).collect();
        self.uris = own.into_iter().collect();
        self.etag = etag;
        Ok(())
    }

    /// Whether a list is below the issuer's URL; tokens with other lists are rejected.
    fn is_own(&self, uri: &str) -> bool {
        let is_own = is_below(uri, &self.fetcher.issuer);
        if !is_own {
            log::debug!("ignoring a status list that does not belong to {}: {uri:?}", self.fetcher.issuer);
        }
        is_own
    }

    async fn url(&mut self) -> Result<Url, FetchError> {
        if let Some(url) = self.aggregation.as_ref().filter(|_| !self.must_rediscover) {
            return Ok(url.clone());
        }
        let ListFetcher { client, issuer, fetch_from } = &self.fetcher;
        let url = find_url(client, issuer, fetch_from, Document::StatusLists).await?;
        self.must_rediscover = false;
        if self.aggregation.as_ref() != Some(&url) {
            log::info!("the status lists of {issuer} are listed at {url}");
            self.etag = None;
        }
        Ok(self.aggregation.insert(url).clone())
    }
}

impl ListFetcher {
    /// Fetches a list; `None` if its entity tag is still `etag`.
    pub(super) async fn fetch(&self, uri: &str, etag: Option<&str>) -> Result<Option<ChangedDocument>, FetchError> {
        let url = reachable(uri, &self.issuer, &self.fetch_from)?;
        // The form with keys of its own, from issuers that serve both.
        let form = format!("{STATUS_LIST_MEDIA_TYPE}; aud={STATUS_LIST_AUDIENCE}");
        let request = conditional_request::build(&self.client, &url).header(header::ACCEPT, form);
        conditional_request::send(request, &url, etag, StatusListToken::MAX_LEN).await?.document
    }
}
