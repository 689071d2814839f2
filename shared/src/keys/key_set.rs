//! Key sets.

use std::{collections::HashMap, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

use super::{Algorithm, InvalidKey, PublicKey, jwk::usable};
use crate::json::from_object;

/// The public keys of an issuer, by key id.
#[derive(Debug)]
pub struct KeySet(Keys);

#[derive(Debug)]
enum Keys {
    ByKid(HashMap<String, Arc<PublicKey>>),
    /// A configured key, which has no id and is used for any `kid`.
    Single(Arc<PublicKey>),
}

/// An invalid key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeySet {
    /// Not a JWK set (RFC 7517, section 5).
    #[error("it is not a JWK set")]
    NotAJwkSet,
    /// More than [`KeySet::MAX_KEYS`].
    #[error("it has more than {} keys", KeySet::MAX_KEYS)]
    TooManyKeys,
    /// No usable key for an enabled algorithm.
    #[error("it has no usable key for an enabled signature algorithm (RS256 by default)")]
    NoUsableKey,
}

#[derive(Deserialize)]
struct JwkSetDocument {
    keys: Vec<Value>,
}

impl KeySet {
    /// Maximum number of keys in a JWK set.
    pub const MAX_KEYS: usize = 64;

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
        let document: JwkSetDocument = from_object(document).map_err(|_| InvalidKeySet::NotAJwkSet)?;
        if document.keys.len() > Self::MAX_KEYS {
            return Err(InvalidKeySet::TooManyKeys);
        }
        let mut by_kid = HashMap::new();
        for entry in document.keys {
            match usable(entry, algorithms) {
                Ok((kid, key)) => {
                    if by_kid.insert(kid.clone(), Arc::new(key)).is_some() {
                        log::warn!("the issuer publishes two keys with the key id {kid:?}; using the last one");
                    }
                }
                Err(reason) => log::debug!("ignoring a key of the issuer: {reason}"),
            }
        }
        if by_kid.is_empty() { Err(InvalidKeySet::NoUsableKey) } else { Ok(Self(Keys::ByKid(by_kid))) }
    }

    /// A set of one configured key in PEM, which is used for any `kid`, with the algorithm of its type.
    ///
    /// # Errors
    /// [`InvalidKey`] if it is not a usable public key.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        PublicKey::from_pem(pem).map(|key| Self(Keys::Single(Arc::new(key))))
    }

    /// The key with the id `kid`.
    pub fn find(&self, kid: Option<&str>) -> Option<Arc<PublicKey>> {
        match &self.0 {
            Keys::ByKid(keys) => keys.get(kid?).cloned(),
            Keys::Single(key) => Some(Arc::clone(key)),
        }
    }

    /// Whether both sets have the same keys with the same ids.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Keys::ByKid(own), Keys::ByKid(others)) => own == others,
            (Keys::Single(own), Keys::Single(other)) => own == other,
            _ => false,
        }
    }

    /// The key ids in arbitrary order; empty for a configured key.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        let keys = match &self.0 {
            Keys::ByKid(keys) => Some(keys),
            Keys::Single(_) => None,
        };
        keys.into_iter().flat_map(HashMap::keys).map(String::as_str)
    }
}
