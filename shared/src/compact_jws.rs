//! A strict parser for the JWS compact serialization (RFC 7515, section 7.1).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{errors::Flaw, jose_header::JoseHeader, keys::PublicKey};

/// Maximum length of a token, in bytes; longer ones are rejected unparsed.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;

/// The parts of a token. None may be trusted before the signature has been verified.
pub(crate) struct CompactJws<'a> {
    pub(crate) header: JoseHeader,
    /// Still encoded: it can be long, and most tokens that are rejected are rejected without it.
    payload: &'a str,
    signing_input: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Splits a token into three parts of canonical base64url: no padding, no unused bits set, no other characters. The payload
    /// is decoded later.
    pub(crate) fn parse(token: &'a str) -> Result<Self, Flaw> {
        Self::parse_within(token, MAX_TOKEN_LEN)
    }

    /// Like [`parse`](Self::parse), with another limit, in bytes.
    pub(crate) fn parse_within(token: &'a str, limit: usize) -> Result<Self, Flaw> {
        if token.len() > limit {
            return Err(Flaw::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(Flaw::NotCompact)?;
        let (header, payload) = signing_input.split_once('.').ok_or(Flaw::NotCompact)?;
        if payload.contains('.') {
            return Err(Flaw::NotCompact);
        }
        Ok(Self {
            header: JoseHeader::parse(&decode(header)?)?,
            payload,
            signing_input: signing_input.as_bytes(),
            signature: decode(signature)?,
        })
    }

    /// The decoded payload.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, Flaw> {
        decode(self.payload)
    }

    /// Checks the signature with the algorithm of the key: the token cannot choose another (RFC 8725, section 3.1).
    pub(crate) fn check_signature(&self, key: &PublicKey) -> Result<(), Flaw> {
        if self.header.alg != key.algorithm().name() {
            Err(Flaw::Algorithm)
        } else if key.has_signed(self.signing_input, &self.signature) {
            Ok(())
        } else {
            Err(Flaw::Signature)
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Flaw> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::NotCompact)
}
