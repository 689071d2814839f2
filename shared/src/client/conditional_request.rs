//! Conditional requests (RFC 9110, section 13.1.2).

use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use url::Url;

use super::http::{FetchError, read_body};
use crate::time::UnixTime;

/// The response to a conditional request.
pub(super) struct ConditionalResponse {
    /// The issuer's time.
    pub(super) date: Option<UnixTime>,
    /// The document, or `None` if it has not changed.
    pub(super) document: Result<Option<ChangedDocument>, FetchError>,
}

/// A document that has changed.
pub(super) struct ChangedDocument {
    pub(super) etag: Option<String>,
    pub(super) body: Vec<u8>,
}

/// A GET request that bypasses HTTP caches, which could return an outdated document.
pub(super) fn build(client: &Client, url: &Url) -> RequestBuilder {
    client.get(url.clone()).header(header::CACHE_CONTROL, "no-cache")
}

/// Fetches a document of at most `limit` bytes, unless its entity tag is still `etag`.
pub(super) async fn send(
    request: RequestBuilder,
    url: &Url,
    etag: Option<&str>,
    limit: usize,
) -> Result<ConditionalResponse, FetchError> {
    let request = match etag {
        Some(etag) => request.header(header::IF_NONE_MATCH, etag),
        None => request,
    };
    let response = request.send().await.map_err(|source| FetchError::NoResponse { url: url.to_string(), source })?;
    let date = date_of(&response);
    let document = match response.status() {
        StatusCode::NOT_MODIFIED if etag.is_some() => Ok(None),
        StatusCode::OK => {
            let etag = text_of(&response, header::ETAG);
            read_body(response, limit).await.map(|body| Some(ChangedDocument { etag, body }))
        }
        other => Err(FetchError::Status { url: url.to_string(), status: other.as_u16() }),
    };
    Ok(ConditionalResponse { date, document })
}

/// The time at which a response was sent, by the clock of its sender.
pub(super) fn date_of(response: &Response) -> Option<UnixTime> {
    let date = text_of(response, header::DATE)?;
    httpdate::parse_http_date(&date).ok().and_then(UnixTime::from_system_time)
}

fn text_of(response: &Response, name: header::HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}
