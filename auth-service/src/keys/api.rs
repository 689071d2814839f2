//! The description of this feature's routes.

use serde_json::{Value, json};
use service_kit::{Api, RequestError};

use super::{
    error::KeyError,
    jwks::jwks,
    list::list,
    list_jwks::list_jwks,
    rotate::{keys_changed, rotate, too_many_keys, verifiers_lack_key},
    withdraw::withdraw,
};

/// Describes what admins do with keys.
pub fn describe(api: &mut Api) {
    api.get("/keys", list).named("keys", "List signing keys and the verifiers that have them").returns(
        "In the order in which they become active.",
        json!({
            "keys": [{
                "kid": "QF3U...", "stage": "current", "created_at": 1_795_465_944, "active_from": 1_795_465_944,
                "forget_at": null, "lacking": [],
            }],
            "verifiers": [{ "instance": "resource-1", "seen_at": 1_795_465_951, "holds": ["QF3U..."] }],
        }),
    );
    api.post("/keys/rotate", rotate)
        .named("rotateKeys", "Publish a next key, or activate it")
        .takes(json!({ "force": false }))
        .returns(
            "`next` is published and signs from `active_from`; `current` signs now.",
            json!({ "next": "QF3U...", "active_from": 1_795_466_547 }),
        )
        .refuses([verifiers_lack_key("resource-1"), too_many_keys(), keys_changed()])
        .refuses([KeyError::FromSettings]);
    api.post("/keys/{kid}/withdraw", withdraw)
        .named("withdrawKey", "Withdraw a key, and thereby revoke its tokens")
        .path_parameter("kid", "The key id.", "QF3U...")
        .returns("Withdrawn; the current key.", json!({ "current": "8fYk..." }))
        .refuses([RequestError::NotFound])
        .refuses([KeyError::FromSettings]);
}

/// Describes the documents with the public keys.
pub fn describe_documents(api: &mut Api) {
    api.get("/.well-known/jwks.json", jwks)
        .named("jwks", "The public keys")
        .details("RFC 7517.")
        .returns_content("The JWKS.", json!({ "application/json": key_set("QF3U...") }))
        .cacheable();
    api.get("/.well-known/status-list-jwks.json", list_jwks)
        .named("statusListJwks", "The public keys of the status lists")
        .details("RFC 7517. No key is in both JWKS: these sign status lists only, the others access tokens only.")
        .returns_content("The JWKS.", json!({ "application/json": key_set("Wc0d...") }))
        .cacheable();
}

fn key_set(kid: &str) -> Value {
    let text = json!({ "type": "string" });
    let key = json!({
        "type": "object",
        "required": ["kty", "use", "alg", "kid", "n", "e"],
        "properties": {
            "kty": { "const": "RSA" }, "use": { "const": "sig" }, "alg": { "const": "RS256" },
            "kid": text, "n": text, "e": text,
        },
    });
    json!({
        "schema": {
            "type": "object",
            "required": ["keys"],
            "properties": { "keys": { "type": "array", "items": key } },
        },
        "example": {
            "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": "y1bR...", "e": "AQAB" }],
        },
    })
}
