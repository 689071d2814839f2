//! What ID tokens and logout tokens have in common.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::token_flaw::TokenFlaw;
use crate::{
    compact_jws::CompactJws,
    errors::Flaw,
    json::JsonObject,
    keys::{JwksCache, PublicKey},
    time::UnixTime,
};

/// Whose tokens are accepted, and for which client.
pub(super) struct Trust {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) keys: Arc<JwksCache>,
}

/// Tokens may be issued by a clock that is this much ahead.
const MAX_AHEAD: Duration = Duration::from_mins(1);

impl Trust {
    /// The claims of a token of this type, if the issuer has signed it for this client and it has not expired.
    pub(super) async fn read(&self, token: &str, typ: &str, now: UnixTime) -> Result<Map<String, Value>, TokenFlaw> {
        let jws = CompactJws::parse(token).map_err(TokenFlaw::Jws)?;
        jws.header.check(|found| found.eq_ignore_ascii_case(typ)).map_err(TokenFlaw::Jws)?;
        let key = self.find_key(jws.header.kid.as_deref(), now).await?;
        jws.check_signature(&key).map_err(TokenFlaw::Jws)?;
        let payload = jws.payload().map_err(TokenFlaw::Jws)?;
        let JsonObject(claims) = serde_json::from_slice(&payload).map_err(|_| TokenFlaw::Claims)?;
        self.check(&claims, now)?;
        Ok(claims)
    }

    /// A key that is unknown may be new. The task that fetches limits how often it does.
    async fn find_key(&self, kid: Option<&str>, now: UnixTime) -> Result<Arc<PublicKey>, TokenFlaw> {
        let find = || self.keys.find(kid, now).map_err(|_| TokenFlaw::KeysUnavailable);
        if let Ok(Some(key)) = find() {
            return Ok(key);
        }
        self.keys.refetch().await;
        find()?.ok_or(TokenFlaw::Jws(Flaw::UnknownKey))
    }

    fn check(&self, claims: &Map<String, Value>, now: UnixTime) -> Result<(), TokenFlaw> {
        if text(claims, "iss")? != Some(&*self.issuer) {
            return Err(TokenFlaw::Issuer);
        }
        if !is_for(claims.get("aud"), &self.client_id) {
            return Err(TokenFlaw::Audience);
        }
        if text(claims, "azp")?.is_some_and(|party| party != self.client_id) {
            return Err(TokenFlaw::AuthorizedParty);
        }
        let (expires_at, issued_at) = (time(claims, "exp")?, time(claims, "iat")?);
        if now >= expires_at.ok_or(TokenFlaw::Claims)? {
            return Err(TokenFlaw::Expired);
        }
        let not_before = time(claims, "nbf")?;
        if issued_at.ok_or(TokenFlaw::Claims)?.max(not_before.unwrap_or(now)) > now.plus(MAX_AHEAD) {
            return Err(TokenFlaw::FromTheFuture);
        }
        match text(claims, "sub")? {
            Some(subject) if subject.is_empty() || subject.len() > 255 => Err(TokenFlaw::Subject),
            _ => Ok(()),
        }
    }
}

/// This client alone: others in `aud` could use the token here, and nobody has said that they are trusted.
fn is_for(audience: Option<&Value>, client_id: &str) -> bool {
    match audience {
        Some(Value::String(audience)) => audience == client_id,
        Some(Value::Array(audiences)) => matches!(&**audiences, [Value::String(only)] if only == client_id),
        _ => false,
    }
}

/// A claim that is text, or absent.
pub(super) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, TokenFlaw> {
    claims.get(name).map(|value| value.as_str().ok_or(TokenFlaw::Claims)).transpose()
}

/// A claim that is a time in whole seconds, or absent.
pub(super) fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<UnixTime>, TokenFlaw> {
    let seconds = claims.get(name).map(|value| value.as_i64().ok_or(TokenFlaw::Claims)).transpose()?;
    Ok(seconds.map(UnixTime::from_seconds))
}
