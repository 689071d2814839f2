//! Key sets.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{Algorithm, InvalidKey, PublicKey, jwk::usable};
use crate::json::from_object;

/// The public keys of an issuer, by key id.
#[derive(Debug)]
pub struct KeySet {
    keys: Keys,
    /// What was left out, and why.
    ignored: Vec<String>,
}

#[derive(Debug)]
enum Keys {
    ByKid(HashMap<String, Arc<PublicKey>>),
    /// A configured key, which has no id and is used for any `kid`.
    Single(Arc<PublicKey>),
}

/// An invalid key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeySet {
    /// Not a JSON object.
    #[error("it is not a JWK set, a JSON object with the array \"keys\"")]
    NotAJwkSet,
    /// A single JWK.
    #[error("it is a single JWK, not a JWK set: publish it as {{\"keys\":[…]}}")]
    SingleKey,
    /// The issuer's metadata.
    #[error("it is the issuer's metadata, not its JWK set: that is at the URL in \"jwks_uri\"")]
    Metadata,
    /// A JSON object without an array `keys` (RFC 7517, section 5.1).
    #[error("it is not a JWK set: it has no array \"keys\"")]
    MissingKeys,
    /// Longer than [`KeySet::MAX_LEN`].
    #[error("it is longer than {} bytes", KeySet::MAX_LEN)]
    TooLong,
    /// More than [`KeySet::MAX_KEYS`].
    #[error("it has more than {} keys", KeySet::MAX_KEYS)]
    TooManyKeys,
    /// No usable key for an enabled algorithm.
    #[error("it has no usable key for an enabled signature algorithm (RS256 by default)")]
    NoUsableKey,
}

#[derive(Deserialize)]
struct JwkSetDocument {
    keys: Option<Value>,
    /// The members by which documents that are taken for a JWK set are recognized.
    kty: Option<IgnoredAny>,
    jwks_uri: Option<IgnoredAny>,
}

impl KeySet {
    /// Maximum number of keys in a JWK set.
    pub const MAX_KEYS: usize = 64;
    /// Maximum length of a JWK set, in bytes.
    pub const MAX_LEN: usize = 256 * 1024;

    /// Parses a JWK set (RFC 7517) for RS256. Unsupported and malformed keys are ignored.
    ///
    /// # Errors
    /// [`InvalidKeySet`] for a document that is not a JWK set, is too large, or has no usable key.
    pub fn from_jwks(document: &[u8]) -> Result<Self, InvalidKeySet> {
        Self::from_jwks_for(document, &[Algorithm::Rs256])
    }

    /// Like [`from_jwks`](Self::from_jwks), with the keys of these algorithms.
    ///
    /// # Errors
    /// As [`from_jwks`](Self::from_jwks).
    pub fn from_jwks_for(document: &[u8], algorithms: &[Algorithm]) -> Result<Self, InvalidKeySet> {
        let mut by_kid = HashMap::<String, Arc<PublicKey>>::new();
        let mut ignored = Vec::new();
        for entry in entries(document)? {
            let name = name(&entry);
            let reason = match usable(entry, algorithms).map(|(kid, key)| (kid, Arc::new(key))) {
                Ok((kid, key)) => match by_kid.insert(kid, Arc::clone(&key)) {
                    Some(before) if before != key => {
                        "it has the same id as an earlier key, which it replaces".to_owned()
                    }
                    _ => continue,
                },
                Err(reason) => reason,
            };
            ignored.push(format!("{name}: {}", shortened(&reason)));
        }
        if by_kid.is_empty() {
            Err(InvalidKeySet::NoUsableKey)
        } else {
            Ok(Self { keys: Keys::ByKid(by_kid), ignored })
        }
    }

    /// What [`from_jwks_for`](Self::from_jwks_for) leaves out of a document, and why: one line for each key.
    #[cfg(feature = "client")]
    pub(crate) fn ignored_in(document: &[u8], algorithms: &[Algorithm]) -> Vec<String> {
        let entries = entries(document).unwrap_or_default().into_iter();
        let named = entries.map(|entry| (name(&entry), usable(entry, algorithms)));
        named.filter_map(|(name, read)| Some(format!("{name}: {}", shortened(&read.err()?)))).collect()
    }

    /// The keys that are left out because they are unsupported, malformed or not for signatures, and why: one line for each.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// A set of one configured key in PEM, which is used for any `kid`, with the algorithm of its type.
    ///
    /// # Errors
    /// [`InvalidKey`] if it is not a usable public key.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        PublicKey::from_pem(pem).map(|key| Self { keys: Keys::Single(Arc::new(key)), ignored: Vec::new() })
    }

    /// The key with the id `kid`.
    pub fn find(&self, kid: Option<&str>) -> Option<Arc<PublicKey>> {
        match &self.keys {
            Keys::ByKid(keys) => keys.get(kid?).cloned(),
            Keys::Single(key) => Some(Arc::clone(key)),
        }
    }

    /// Whether both sets have the same keys with the same ids.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (&self.keys, &other.keys) {
            (Keys::ByKid(own), Keys::ByKid(others)) => own == others,
            (Keys::Single(own), Keys::Single(other)) => own == other,
            _ => false,
        }
    }

    /// The key ids in arbitrary order; empty for a configured key.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        let keys = match &self.keys {
            Keys::ByKid(keys) => Some(keys),
            Keys::Single(_) => None,
        };
        keys.into_iter().flat_map(HashMap::keys).map(String::as_str)
    }
}

/// The keys of a JWK set, as they are written.
fn entries(document: &[u8]) -> Result<Vec<Value>, InvalidKeySet> {
    if document.len() > KeySet::MAX_LEN {
        return Err(InvalidKeySet::TooLong);
    }
    // Editors on Windows write a byte order mark, which JSON does not allow (RFC 8259, section 8.1).
    let document = document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(document);
    let document: JwkSetDocument = from_object(document).map_err(|_| InvalidKeySet::NotAJwkSet)?;
    match document.keys {
        Some(Value::Array(keys)) if keys.len() > KeySet::MAX_KEYS => Err(InvalidKeySet::TooManyKeys),
        Some(Value::Array(keys)) => Ok(keys),
        _ if document.kty.is_some() => Err(InvalidKeySet::SingleKey),
        _ if document.jwks_uri.is_some() => Err(InvalidKeySet::Metadata),
        _ => Err(InvalidKeySet::MissingKeys),
    }
}

/// The name of a key in logs.
fn name(entry: &Value) -> String {
    let kid = entry.get("kid").and_then(Value::as_str);
    kid.map_or_else(|| "a key without an id".to_owned(), |kid| format!("the key {}", shortened(kid)))
}

/// Text of others, shortened to one line of a log.
fn shortened(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}
