//! `GET /status-lists` and `GET /status-lists/{id}`, decoded as the draft specifies instead of with our own code.

mod documents;
mod entries;
mod keys;
mod lifetime;
mod own_keys;

use std::io::Read;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::read::ZlibDecoder;
use serde_json::Value;
use shared::UnixTime;

use crate::support::{Database, TestApp};

const JWKS: &str = "/.well-known/jwks.json";
const LIST_JWKS: &str = "/.well-known/status-list-jwks.json";
const LISTS: &str = "/status-lists";
const FIRST: &str = "/status-lists/1";
const CAPACITY: usize = 1 << 17;

/// A decoded status list token.
struct ReadList {
    header: Value,
    claims: Value,
    bytes: Vec<u8>,
}

impl ReadList {
    /// Draft-ietf-oauth-status-list, section 4.1: two bits each, starting at the least significant bit of each byte.
    fn status(&self, idx: usize) -> u8 {
        self.bytes[idx / 4] >> (idx % 4 * 2) & 0b11
    }

    fn is_marked(&self) -> bool {
        self.bytes.iter().any(|byte| *byte != 0)
    }
}

/// Verifies the signature with the list key that the token names, and decompresses the list.
async fn read(app: &TestApp, token: &str) -> ReadList {
    read_signed_by(&app.get(LIST_JWKS).await.json(), token)
}

fn read_signed_by(jwks: &Value, token: &str) -> ReadList {
    assert_eq!(token.split('.').count(), 3, "{token}");
    let header: Value = serde_json::from_slice(&decode(token.split('.').next().unwrap())).unwrap();
    let mut keys = jwks["keys"].as_array().unwrap().iter();
    let key = keys.find(|key| key["kid"] == header["kid"]).unwrap();
    assert!(has_signed(key, token), "{token}");
    let claims = payload(token);
    let mut bytes = Vec::new();
    ZlibDecoder::new(&*decode(claims["status_list"]["lst"].as_str().unwrap())).read_to_end(&mut bytes).unwrap();
    ReadList { header, claims, bytes }
}

/// Whether the key with this JWK has signed the token.
fn has_signed(key: &Value, token: &str) -> bool {
    let component = |name: &str| decode(key[name].as_str().unwrap());
    let public = RsaPublicKeyComponents { n: component("n"), e: component("e") };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature)).is_ok()
}

fn payload(token: &str) -> Value {
    serde_json::from_slice(&decode(token.split('.').nth(1).unwrap())).unwrap()
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn uri(id: i64) -> String {
    format!("http://localhost:5000/status-lists/{id}")
}

/// Stores access tokens with these entries in the first list and these statuses, like another node that revokes them.
fn mark(database: &Database, entries: &[(i64, i64)]) {
    insert(database, entries);
    let now = UnixTime::now().seconds();
    database.execute(&format!("UPDATE status_lists SET version = version + 1, changed_at = {now} WHERE id = 1"));
}

fn insert(database: &Database, entries: &[(i64, i64)]) {
    let expires_at = UnixTime::now().seconds() + 900;
    for entries in entries.chunks(500) {
        let indexes: Vec<_> = entries.iter().map(|(idx, _)| idx.to_string()).collect();
        let values: Vec<_> =
            entries.iter().map(|(idx, status)| format!("(1, {idx}, 's', NULL, {expires_at}, {status})")).collect();
        database.execute(&format!(
            "DELETE FROM access_tokens WHERE idx IN ({}); INSERT INTO access_tokens VALUES {}",
            indexes.join(", "),
            values.join(", ")
        ));
    }
}
