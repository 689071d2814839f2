//! The keys that an issuer publishes.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use super::{InvalidKey, PublicKey};
use crate::json::from_object;

/// The public keys of one issuer, each under its key id.
#[derive(Debug)]
pub struct KeySet(Keys);

#[derive(Debug)]
enum Keys {
    ByKid(HashMap<String, Arc<PublicKey>>),
    /// A key from configuration has no id, so whatever `kid` a token names, this is the key.
    Single(Arc<PublicKey>),
}

/// An invalid key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeySet {
    /// Not the JSON of RFC 7517, section 5.
    #[error("it is not a JWK set")]
    NotAJwkSet,
    /// More than [`KeySet::MAX_KEYS`].
    #[error("it has more than {} keys", KeySet::MAX_KEYS)]
    TooManyKeys,
    /// Keys perhaps, but none to check RS256 signatures with.
    #[error("it has no RSA key for RS256 signatures")]
    NoUsableKey,
}

#[derive(Deserialize)]
struct JwkSetDocument {
    keys: Vec<Value>,
}

impl KeySet {
    /// As many keys as an issuer may publish at a time.
    pub const MAX_KEYS: usize = 64;

    /// From a JWK set (RFC 7517). Keys of unsupported types and malformed keys are ignored.
    ///
    /// # Errors
    /// [`InvalidKeySet`] for a document that is not a JWK set, is too large, or has no usable key.
    pub fn from_jwks(document: &[u8]) -> Result<Self, InvalidKeySet> {
        let document: JwkSetDocument = from_object(document).map_err(|_| InvalidKeySet::NotAJwkSet)?;
        if document.keys.len() > Self::MAX_KEYS {
            return Err(InvalidKeySet::TooManyKeys);
        }
        let mut by_kid = HashMap::new();
        for entry in document.keys {
            match usable(entry) {
                Ok((kid, key)) => {
                    if by_kid.insert(kid.clone(), Arc::new(key)).is_some() {
                        log::warn!("the issuer publishes two keys with the key id {kid:?}; using the last one");
                    }
                }
                Err(reason) => log::debug!("a key of the issuer's set is ignored: {reason}"),
            }
        }
        if by_kid.is_empty() { Err(InvalidKeySet::NoUsableKey) } else { Ok(Self(Keys::ByKid(by_kid))) }
    }

    /// A single key from configuration, in PEM.
    ///
    /// # Errors
    /// [`InvalidKey`], which says what was found instead.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        PublicKey::from_pem(pem).map(|key| Self(Keys::Single(Arc::new(key))))
    }

    /// The key that a token's `kid` names.
    pub fn find(&self, kid: Option<&str>) -> Option<Arc<PublicKey>> {
        match &self.0 {
            Keys::ByKid(keys) => keys.get(kid?).cloned(),
            Keys::Single(key) => Some(Arc::clone(key)),
        }
    }

    /// Whether the other set has the same keys under the same ids.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Keys::ByKid(own), Keys::ByKid(others)) => own == others,
            (Keys::Single(own), Keys::Single(other)) => own == other,
            _ => false,
        }
    }

    /// The key ids, in no order; none for a key from configuration.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        let keys = match &self.0 {
            Keys::ByKid(keys) => Some(keys),
            Keys::Single(_) => None,
        };
        keys.into_iter().flat_map(HashMap::keys).map(String::as_str)
    }
}

/// A key is for one algorithm and one use (RFC 8725, section 3.1): the entry's parameters are compared with ours.
fn usable(entry: Value) -> Result<(String, PublicKey), String> {
    if entry.get("d").is_some() {
        return Err("it is a private key".to_owned());
    }
    let jwk: Jwk = serde_json::from_value(entry).map_err(|error| error.to_string())?;
    let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else {
        return Err("it is not an RSA key".to_owned());
    };
    let common = jwk.common;
    if common.key_algorithm.is_some_and(|alg| alg != KeyAlgorithm::RS256) {
        return Err("it is for another algorithm than RS256".to_owned());
    }
    if common.public_key_use.is_some_and(|usage| usage != PublicKeyUse::Signature) {
        return Err("it is not for signatures".to_owned());
    }
    if common.key_operations.is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return Err("it is not for checking signatures".to_owned());
    }
    let kid = common.key_id.ok_or("it has no key id")?;
    let decode = |number: &str| URL_SAFE_NO_PAD.decode(number).map_err(|_| "its numbers are not base64url");
    let key = PublicKey::from_components(&decode(&rsa.n)?, &decode(&rsa.e)?).map_err(|error| error.to_string())?;
    Ok((kid, key))
}
