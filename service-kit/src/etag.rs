//! Entity tags.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The strong entity tag of a body, without its quotes: the same body has the same one on every node.
pub fn strong_etag(body: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, body.as_ref()))
}
