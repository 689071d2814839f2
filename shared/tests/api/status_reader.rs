//! A second reader of status lists, written from the draft's text and sharing nothing with the first but zlib: what it
//! reads, others will read.

use std::io::Read;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::bufread::ZlibDecoder;
use serde_json::Value;

/// All statuses in a status list token, in their order.
pub(crate) fn statuses(token: &str) -> Vec<u8> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    let bits = usize::try_from(payload["status_list"]["bits"].as_u64().unwrap()).unwrap();
    let compressed = URL_SAFE_NO_PAD.decode(payload["status_list"]["lst"].as_str().unwrap()).unwrap();
    let mut bytes = Vec::new();
    ZlibDecoder::new(&*compressed).read_to_end(&mut bytes).unwrap();
    // One long row of bits, the least significant of each byte first; an entry's own bits stand in the same order.
    let row: Vec<bool> = bytes.iter().flat_map(|byte| (0..8).map(move |place| byte & (1 << place) != 0)).collect();
    let value = |entry: &[bool]| entry.iter().rev().fold(0, |value, bit| value * 2 + u8::from(*bit));
    row.chunks(bits).map(value).collect()
}
