//! ID tokens that come back as a hint.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};
use shared::{UnixTime, json::from_object};

use super::issuer::TokenIssuer;
use crate::{
    ids::{SessionId, UserId},
    keys::{key_ring::KeyRing, signing_key::ID_TOKEN_TYPE},
};

/// Ours are shorter than a tenth of that, also with a long `nonce`.
const MAX_LEN: usize = 8 * 1024;

/// The user who is logged in, as far as an application knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenHint {
    /// The user.
    pub user: UserId,
    /// The application that the ID token was issued to.
    pub client_id: String,
    /// The browser's session.
    pub browser: Option<SessionId>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    sid: Option<String>,
}

impl TokenIssuer {
    /// An ID token of ours that comes back in `id_token_hint`; `None` for anything else. An expired one still hints at the
    /// user (OpenID Connect Core 1.0, section 3.1.2.1), so `exp` is not looked at; the key must still be published.
    pub fn read_id_token_hint(&self, token: &str, ring: &KeyRing, now: UnixTime) -> Option<IdTokenHint> {
        if token.len() > MAX_LEN {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.').filter(|(_, payload)| !payload.contains('.'))?;
        let header: Header = from_object(&decode(header)?).ok()?;
        if header.typ != ID_TOKEN_TYPE || header.alg != "RS256" || header.crit.is_some() {
            return None;
        }
        if !ring.find_id_key(&header.kid, now)?.has_signed(message.as_bytes(), &decode(signature)?) {
            return None;
        }
        let claims: Claims = from_object(&decode(payload)?).ok().filter(|claims: &Claims| claims.iss == self.issuer)?;
        let browser = claims.sid.and_then(|sid| sid.parse().ok());
        Some(IdTokenHint { user: UserId::from(claims.sub.parse::<i64>().ok()?), client_id: claims.aud, browser })
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
