//! `GET /status-lists/{id}`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{AcceptEncoding, CONTENT_ENCODING, Encoding, Header, HeaderValue, VARY},
    web::{Data, Path},
};
use service_kit::{ApiError, RequestError};
use shared::UnixTime;

use super::{list_keeper::ListKeeper, published_list::PublishedList};

/// `GET /status-lists/{id}`: a status list, as a status list token
/// (draft-ietf-oauth-status-list, section 8).
///
/// # Errors
/// 404 for a list that does not exist or has ended; 503 while the database cannot be read.
pub async fn show(id: Path<String>, req: HttpRequest, lists: Data<ListKeeper>) -> Result<HttpResponse, ApiError> {
    let snapshot = lists.snapshot(UnixTime::now()).await?;
    let list = parse(&id).and_then(|id| snapshot.find(id)).ok_or(RequestError::NotFound)?;
    let gzip = list.gzip().filter(|_| takes_gzip(&req));
    let document = gzip.unwrap_or(list.plain());
    let mut answer = document.answer(&req, "application/statuslist+jwt", PublishedList::TTL);
    let headers = answer.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if gzip.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(answer)
}

/// A list has a single URL: no leading zeros, no plus.
fn parse(id: &str) -> Option<i64> {
    id.parse().ok().filter(|number: &i64| number.to_string() == id)
}

fn takes_gzip(req: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(req).ok();
    accepted.and_then(|accepted| accepted.negotiate(supported.iter())) == Some(Encoding::gzip())
}
