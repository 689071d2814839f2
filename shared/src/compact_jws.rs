//! The compact serialization of RFC 7515, section 7.1, read strictly.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use crate::{errors::Flaw, json::JsonObject};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;

/// A token taken apart: nothing of it is to be believed before its signature is checked.
pub(crate) struct CompactJws<'a> {
    pub(crate) header: JoseHeader,
    pub(crate) payload: Vec<u8>,
    pub(crate) signing_input: &'a [u8],
    pub(crate) signature: Vec<u8>,
}

/// What counts of a header. `jku`, `jwk`, `x5u` and `x5c` are read past: keys come from configuration alone.
#[derive(Deserialize)]
pub(crate) struct JoseHeader {
    pub(crate) alg: String,
    #[serde(default)]
    pub(crate) typ: Option<String>,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    #[serde(default, rename = "crit", deserialize_with = "is_there")]
    pub(crate) has_crit: bool,
    /// The rest, read so that duplicate names are rejected.
    #[serde(flatten)]
    _others: JsonObject,
}

impl JoseHeader {
    /// The algorithm is ours to choose, never the token's (RFC 8725, section 3.1), and so is its type (section 3.11).
    pub(crate) fn check(&self, is_right_type: impl FnOnce(&str) -> bool) -> Result<(), Flaw> {
        if self.alg != "RS256" {
            Err(Flaw::Algorithm)
        } else if self.has_crit {
            Err(Flaw::Critical)
        } else if !self.typ.as_deref().is_some_and(is_right_type) {
            Err(Flaw::Type)
        } else {
            Ok(())
        }
    }
}

/// `true` for a member of any value, `null` too.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl<'a> CompactJws<'a> {
    /// Takes a token apart: three parts, base64url without padding, stray bits or foreign characters.
    pub(crate) fn parse(token: &'a str) -> Result<Self, Flaw> {
        Self::parse_within(token, MAX_TOKEN_LEN)
    }

    /// The same for a token that may have so many bytes.
    pub(crate) fn parse_within(token: &'a str, limit: usize) -> Result<Self, Flaw> {
        if token.len() > limit {
            return Err(Flaw::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Flaw::NotCompact)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Flaw::NotCompact)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::NotCompact);
        Ok(Self {
            header: serde_json::from_slice(&decode(header)?).map_err(|_| Flaw::Header)?,
            payload: decode(payload)?,
            signing_input: signing_input.as_bytes(),
            signature: decode(signature)?,
        })
    }
}
