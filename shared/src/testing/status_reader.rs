//! An independent decoder of status lists, written from the text of the draft; only zlib is shared. Lists that it decodes
//! are interoperable.

use std::io::Read;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::bufread::ZlibDecoder;
use serde_json::Value;

/// All statuses in a status list token, in order. The signature is not verified.
pub fn read_statuses(token: &str) -> Vec<u8> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("it is base64url");
    let payload = decode(token.split('.').nth(1).expect("the token has three parts"));
    let payload: Value = serde_json::from_slice(&payload).expect("the payload is JSON");
    let bits = payload.pointer("/status_list/bits").and_then(Value::as_u64).expect("it says how many bits");
    let lst = payload.pointer("/status_list/lst").and_then(Value::as_str).expect("it has a list");
    let mut bytes = Vec::new();
    ZlibDecoder::new(&*decode(lst)).read_to_end(&mut bytes).expect("the list is compressed with zlib");
    // All bits in a row, the least significant of each byte first; the bits of an entry are in the same order.
    let row: Vec<bool> = bytes.iter().flat_map(|byte| (0..8).map(move |place| byte & (1 << place) != 0)).collect();
    let value = |entry: &[bool]| entry.iter().rev().fold(0, |value, bit| value * 2 + u8::from(*bit));
    row.chunks(usize::try_from(bits).expect("it is a small number")).map(value).collect()
}
