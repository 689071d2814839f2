//! The issuer's metadata (RFC 8414), with the URLs of its keys and status lists.

use reqwest::Client;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    conditional_request::{self, date_of},
    http::{FetchError, InvalidUrl, IssuerUrl, read_body},
};
use crate::time::UnixTime;

const MAX_LEN: usize = 64 * 1024;

/// The members that are used.
#[derive(Deserialize)]
#[cfg_attr(not(feature = "oidc"), expect(dead_code, reason = "what logins need"))]
pub(crate) struct Metadata {
    issuer: String,
    pub(crate) authorization_endpoint: Option<String>,
    pub(crate) token_endpoint: Option<String>,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) end_session_endpoint: Option<String>,
    pub(crate) authorization_response_iss_parameter_supported: Option<bool>,
    jwks_uri: Option<String>,
    status_list_jwks_uri: Option<String>,
    status_list_aggregation_endpoint: Option<String>,
    /// The name is our own, so elsewhere it may have any type.
    access_token_audience: Option<Value>,
}

impl Metadata {
    /// The claim `aud` of the issuer's access tokens, if published.
    pub(super) fn audience(&self) -> Option<&str> {
        self.access_token_audience.as_ref()?.as_str()
    }
}

/// A document whose URL is in the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// `jwks_uri`.
    Keys,
    /// The same, of an issuer that is only an OpenID provider.
    #[cfg(feature = "oidc")]
    OpenIdKeys,
    /// `status_list_jwks_uri`, a name of our own: the draft leaves it open how the keys of lists are found.
    StatusListKeys,
    /// `status_list_aggregation_endpoint` (draft-ietf-oauth-status-list, section 9.1).
    StatusLists,
}

impl Document {
    /// The member of the metadata with its URL.
    const fn member(self) -> &'static str {
        match self {
            Self::Keys => "jwks_uri",
            #[cfg(feature = "oidc")]
            Self::OpenIdKeys => "jwks_uri",
            Self::StatusListKeys => "status_list_jwks_uri",
            Self::StatusLists => "status_list_aggregation_endpoint",
        }
    }
}

/// Fetches the metadata from `fetch_from` and returns the URL of a document that every issuer has.
pub(super) async fn find_url(
    client: &Client,
    issuer: &str,
    fetch_from: &IssuerUrl,
    document: Document,
) -> Result<Url, FetchError> {
    let found = find_url_if_any(client, issuer, fetch_from, document).await?;
    found.ok_or_else(|| {
        let reason = format!("it has no {}", document.member());
        FetchError::Document { url: url_of(document, fetch_from).to_string(), reason }
    })
}

/// Fetches the metadata from `fetch_from` and returns the URL of a document, or `None` if the issuer has none.
pub(super) async fn find_url_if_any(
    client: &Client,
    issuer: &str,
    fetch_from: &IssuerUrl,
    document: Document,
) -> Result<Option<Url>, FetchError> {
    let (metadata, _) = fetch_at(client, issuer, &url_of(document, fetch_from)).await?;
    let named = match document {
        Document::Keys => metadata.jwks_uri,
        #[cfg(feature = "oidc")]
        Document::OpenIdKeys => metadata.jwks_uri,
        Document::StatusListKeys => metadata.status_list_jwks_uri,
        Document::StatusLists => metadata.status_list_aggregation_endpoint,
    };
    Ok(named.map(|named| reachable(&named, issuer, fetch_from)).transpose()?)
}

/// Fetches the metadata from `fetch_from`, with the issuer's time.
pub(super) async fn fetch(
    client: &Client,
    issuer: &str,
    fetch_from: &IssuerUrl,
) -> Result<(Metadata, Option<UnixTime>), FetchError> {
    fetch_at(client, issuer, &metadata_url(fetch_from)).await
}

/// Fetches the metadata of an OpenID provider (OpenID Connect Discovery 1.0) from `fetch_from`, and tells from where.
#[cfg(feature = "oidc")]
pub(crate) async fn fetch_openid_metadata(
    client: &Client,
    issuer: &str,
    fetch_from: &IssuerUrl,
) -> Result<(Metadata, Url), FetchError> {
    let url = url_of(Document::OpenIdKeys, fetch_from);
    let (metadata, _) = fetch_at(client, issuer, &url).await?;
    Ok((metadata, url))
}

async fn fetch_at(client: &Client, issuer: &str, url: &Url) -> Result<(Metadata, Option<UnixTime>), FetchError> {
    let wrong = |reason: String| FetchError::Document { url: url.to_string(), reason };
    // Past caches, which may still have that of an earlier release.
    let response = conditional_request::build(client, url)
        .send()
        .await
        .map_err(|source| FetchError::NoResponse { url: url.to_string(), source })?;
    if !response.status().is_success() {
        return Err(FetchError::Status { url: url.to_string(), status: response.status().as_u16() });
    }
    let date = date_of(&response);
    let body = read_body(response, MAX_LEN).await?;
    let metadata: Metadata = serde_json::from_slice(&body).map_err(|error| wrong(error.to_string()))?;
    // RFC 8414, section 3.3: metadata of another issuer must not be used.
    if metadata.issuer != issuer {
        let (url, expected) = (url.to_string(), issuer.to_owned());
        return Err(FetchError::OtherIssuer { url, found: metadata.issuer, expected });
    }
    Ok((metadata, date))
}

/// The reachable URL of a published one: if it begins with the issuer's public name, that is replaced by `fetch_from`,
/// since the public name may not be reachable.
pub(crate) fn reachable(named: &str, issuer: &str, fetch_from: &IssuerUrl) -> Result<Url, InvalidUrl> {
    let public = issuer.trim_end_matches('/');
    let inside = fetch_from.url().as_str().trim_end_matches('/');
    let address = match named.strip_prefix(public).filter(|path| path.starts_with('/')) {
        Some(path) => fetch_from.named(&format!("{inside}{path}"))?,
        None => fetch_from.named(named)?,
    };
    Ok(address.url().clone())
}

/// The metadata that names a document.
fn url_of(document: Document, issuer: &IssuerUrl) -> Url {
    match document {
        // OpenID Connect Discovery 1.0, section 4: the well-known segment follows the issuer's path.
        #[cfg(feature = "oidc")]
        Document::OpenIdKeys => {
            let path = issuer.url().path().trim_end_matches('/');
            issuer.at(&format!("{path}/.well-known/openid-configuration"))
        }
        _ => metadata_url(issuer),
    }
}

/// RFC 8414, section 3.1: the well-known segment is inserted between the host and the issuer's path.
fn metadata_url(issuer: &IssuerUrl) -> Url {
    let path = issuer.url().path().trim_end_matches('/');
    issuer.at(&format!("/.well-known/oauth-authorization-server{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_segment_precedes_the_issuers_path() {
        for (issuer, expected) in [
            ("https://example.com", "https://example.com/.well-known/oauth-authorization-server"),
            ("https://example.com/", "https://example.com/.well-known/oauth-authorization-server"),
            ("https://example.com/tenant", "https://example.com/.well-known/oauth-authorization-server/tenant"),
        ] {
            let issuer = IssuerUrl::parse(issuer, false).unwrap();

            assert_eq!(metadata_url(&issuer).as_str(), expected);
        }
    }
}
