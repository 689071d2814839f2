//! `application/x-www-form-urlencoded`.

use actix_web::web::Query;
use serde::Serialize;

/// Names and values; `None` if it is malformed.
pub fn form_pairs(text: &str) -> Option<Vec<(String, String)>> {
    Query::from_query(text).ok().map(Query::into_inner)
}

/// Names and values, encoded.
pub fn form_encoded(pairs: impl Serialize) -> String {
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}
