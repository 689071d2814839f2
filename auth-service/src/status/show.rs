//! `GET /status-lists/{id}`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{Accept, CONTENT_ENCODING, Header, HeaderValue, Quality, QualityItem, VARY},
    mime::Mime,
    web::{Data, Path},
};
use service_kit::{ApiError, RequestError, accepts_gzip};
use shared::{
    UnixTime,
    status::{STATUS_LIST_AUDIENCE, STATUS_LIST_MEDIA_TYPE},
};

use super::{list_keeper::ListKeeper, published_list::PublishedList};

/// `GET /status-lists/{id}`: a status list, as a status list token
/// (draft-ietf-oauth-status-list, section 8).
///
/// # Errors
/// 404 for a list that does not exist or has ended; 503 while the database cannot be read.
pub async fn show(id: Path<String>, req: HttpRequest, lists: Data<ListKeeper>) -> Result<HttpResponse, ApiError> {
    let snapshot = lists.snapshot(UnixTime::now()).await?;
    let list = parse(&id).and_then(|id| snapshot.find(id)).ok_or(RequestError::NotFound)?;
    let old_form = list.old_form().filter(|_| !asks_for_own_form(&req));
    let form = old_form.unwrap_or(list.own_form());
    let gzip = form.gzip().filter(|_| accepts_gzip(&req));
    let document = gzip.unwrap_or(form.plain());
    let mut answer = document.answer(&req, STATUS_LIST_MEDIA_TYPE, PublishedList::TTL);
    let headers = answer.headers_mut();
    let vary = if list.old_form().is_some() { "Accept, Accept-Encoding" } else { "Accept-Encoding" };
    headers.insert(VARY, HeaderValue::from_static(vary));
    if gzip.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(answer)
}

/// A list has a single URL: no leading zeros, no plus.
fn parse(id: &str) -> Option<i64> {
    id.parse().ok().filter(|number: &i64| number.to_string() == id)
}

/// Where both forms are served, verifiers that know the form with a key of its own name its audience:
/// `Accept: application/statuslist+jwt; aud=status-list`.
fn asks_for_own_form(req: &HttpRequest) -> bool {
    let is_own_form = |accepted: &QualityItem<Mime>| {
        let Some(aud) = accepted.item.get_param("aud") else { return false };
        accepted.quality > Quality::ZERO
            && accepted.item.essence_str() == STATUS_LIST_MEDIA_TYPE
            && aud == STATUS_LIST_AUDIENCE
    };
    Accept::parse(req).is_ok_and(|accepted| accepted.iter().any(is_own_form))
}
