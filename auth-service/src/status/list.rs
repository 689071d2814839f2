//! `GET /status-lists`.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::json;
use service_kit::{ApiError, cacheable_json};
use shared::UnixTime;

use super::{list_keeper::ListKeeper, published_list::PublishedList};

/// `GET /status-lists`: the URIs of all lists that tokens may reference (draft-ietf-oauth-status-list, section 9).
///
/// # Errors
/// 503 while the database cannot be read.
pub async fn list(req: HttpRequest, lists: Data<ListKeeper>) -> Result<HttpResponse, ApiError> {
    let snapshot = lists.snapshot(UnixTime::now()).await?;
    let uris: Vec<_> = snapshot.lists().iter().map(|list| &list.token().uri).collect();
    Ok(cacheable_json(&req, json!({ "status_lists": uris }).to_string(), PublishedList::TTL))
}
