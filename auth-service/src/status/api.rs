//! The description of this feature's routes.

use serde_json::json;
use service_kit::{Api, RequestError};
use shared::status::STATUS_LIST_MEDIA_TYPE;

use super::{list::list, show::show};

/// Describes the status lists.
pub fn describe(api: &mut Api) {
    let lists = json!({
        "schema": {
            "type": "object",
            "required": ["status_lists"],
            "properties": { "status_lists": { "type": "array", "items": { "type": "string", "format": "uri" } } },
        },
        "example": { "status_lists": ["http://localhost:5000/status-lists/1"] },
    });
    api.get("/status-lists", list)
        .named("statusLists", "List the status lists")
        .details("draft-ietf-oauth-status-list, section 9.")
        .returns_content("Oldest first.", json!({ "application/json": lists }))
        .cacheable();
    api.get("/status-lists/{id}", show)
        .named("statusList", "A status list")
        .details(
            "draft-ietf-oauth-status-list, section 8: a token, signed with a key of `/.well-known/status-list-jwks.json`, \
             whose `status_list` has two bits per entry.",
        )
        .path_parameter("id", "The number of the list.", "1")
        .returns_content("A status list token.", json!({ STATUS_LIST_MEDIA_TYPE: { "schema": { "type": "string" } } }))
        .cacheable()
        .refuses([RequestError::NotFound]);
}
