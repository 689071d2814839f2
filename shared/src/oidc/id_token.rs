//! ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{
    signed_token::{Trust, text, time},
    token_flaw::TokenFlaw,
};
use crate::time::UnixTime;

/// The `typ` of ID tokens, which no other token of auth-service has.
const ID_TOKEN_TYPE: &str = "JWT";

impl Trust {
    /// The claims of the ID token of a login with this nonce, which came with this access token.
    pub(super) async fn read_id_token(
        &self,
        token: &str,
        nonce: &str,
        access_token: &str,
        now: UnixTime,
    ) -> Result<Map<String, Value>, TokenFlaw> {
        let claims = self.read(token, ID_TOKEN_TYPE, now).await?;
        let sent = text(&claims, "nonce")?.ok_or(TokenFlaw::Nonce)?;
        verify_slices_are_equal(sent.as_bytes(), nonce.as_bytes()).map_err(|_| TokenFlaw::Nonce)?;
        check_access_token(&claims, access_token)?;
        text(&claims, "sub")?.ok_or(TokenFlaw::Subject)?;
        Ok(claims)
    }

    /// The claims of an ID token from a refresh (section 12.2): of the same user, and of the same authentication.
    pub(super) async fn read_refreshed_id_token(
        &self,
        token: &str,
        before: &Map<String, Value>,
        access_token: &str,
        now: UnixTime,
    ) -> Result<Map<String, Value>, TokenFlaw> {
        let claims = self.read(token, ID_TOKEN_TYPE, now).await?;
        check_access_token(&claims, access_token)?;
        if text(&claims, "sub")? != text(before, "sub")? {
            return Err(TokenFlaw::Subject);
        }
        if claims.get("nonce").is_some_and(|nonce| Some(nonce) != before.get("nonce")) {
            return Err(TokenFlaw::Nonce);
        }
        let (now_at, then) = (time(&claims, "auth_time")?, time(before, "auth_time")?);
        if now_at.is_some() && then.is_some() && now_at != then {
            return Err(TokenFlaw::Claims);
        }
        Ok(claims)
    }
}

/// `at_hash`, where there is one: the left half of the access token's SHA-256 hash.
fn check_access_token(claims: &Map<String, Value>, access_token: &str) -> Result<(), TokenFlaw> {
    let Some(sent) = text(claims, "at_hash")? else { return Ok(()) };
    let hash = digest(&SHA256, access_token.as_bytes());
    let half = hash.as_ref().get(..16).unwrap_or_default();
    if URL_SAFE_NO_PAD.encode(half) == sent { Ok(()) } else { Err(TokenFlaw::AccessTokenHash) }
}
