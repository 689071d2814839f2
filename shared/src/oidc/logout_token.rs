//! Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6).

use serde_json::Value;

use super::{
    issuer_session::EndedLogin,
    signed_token::{Trust, text, time},
    token_flaw::TokenFlaw,
};
use crate::time::UnixTime;

const LOGOUT_TOKEN_TYPE: &str = "logout+jwt";
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token that the issuer has signed for this client. Whether it has been used before, the sessions know.
pub(super) struct LogoutToken {
    pub(super) id: String,
    pub(super) expires_at: UnixTime,
    pub(super) ended: EndedLogin,
}

impl Trust {
    pub(super) async fn read_logout_token(&self, token: &str, now: UnixTime) -> Result<LogoutToken, TokenFlaw> {
        let claims = self.read(token, LOGOUT_TOKEN_TYPE, now).await?;
        if claims.contains_key("nonce") {
            return Err(TokenFlaw::Nonce);
        }
        let event = claims.get("events").and_then(|events| events.get(EVENT));
        let ended = EndedLogin {
            subject: text(&claims, "sub")?.map(str::to_owned),
            session: text(&claims, "sid")?.map(str::to_owned),
        };
        if !event.is_some_and(Value::is_object) || ended == (EndedLogin { subject: None, session: None }) {
            return Err(TokenFlaw::NoLogout);
        }
        let id = text(&claims, "jti")?.filter(|id| !id.is_empty() && id.len() <= 255).ok_or(TokenFlaw::Replayed)?;
        let expires_at = time(&claims, "exp")?.ok_or(TokenFlaw::Claims)?;
        Ok(LogoutToken { id: id.to_owned(), expires_at, ended })
    }
}
