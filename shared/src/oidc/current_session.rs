//! The session of a request, with a token that can be used.

use std::{sync::Arc, time::Duration};

use tokio::spawn;

use super::{
    login_error::LoginError, login_session::LoginSession, oidc_login::OidcLogin, session_id::SessionId,
    token_request::NewTokens,
};
use crate::{secret::Secret, time::UnixTime};

/// How long the issuer is left alone after a refresh that failed.
const RETRY_DELAY: Duration = Duration::from_secs(5);

impl OidcLogin {
    /// The live session with this id. Its access token is renewed in time, once for all requests that come at the same time; a
    /// refusal of the issuer ends the session.
    pub(super) async fn find_session(
        &self,
        id: SessionId,
        now: UnixTime,
    ) -> Result<Option<Arc<LoginSession>>, LoginError> {
        let Some(session) = self.0.sessions.find(&id, now).await? else { return Ok(None) };
        if now < session.renew_at || session.refresh_token.is_none() {
            return Ok(Some(session));
        }
        let turn = self.0.turns.of(&id);
        let turn = match turn.try_lock_owned() {
            Ok(turn) => turn,
            // Another request renews it; this one can still use the old token.
            Err(_) if now < session.usable_until => return Ok(Some(session)),
            Err(_) => self.0.turns.of(&id).lock_owned().await,
        };
        let login = self.clone();
        // A task of its own: if the browser hangs up, the new refresh token is not lost.
        let renewed = spawn(async move {
            let renewed = login.renew(id, now).await;
            drop(turn);
            renewed
        });
        renewed.await.map_err(|_| LoginError::Internal("the task that refreshes a token has panicked"))?
    }

    async fn renew(&self, id: SessionId, now: UnixTime) -> Result<Option<Arc<LoginSession>>, LoginError> {
        // The request before may have renewed it.
        let Some(session) = self.0.sessions.find(&id, now).await? else { return Ok(None) };
        let Some(refresh_token) = session.refresh_token.as_ref().filter(|_| session.renew_at <= now) else {
            return Ok(Some(session));
        };
        let renewed = match self.refreshed(&session, refresh_token, now).await {
            Ok(renewed) => renewed,
            Err(error @ (LoginError::Refused(_) | LoginError::InvalidToken(_))) => {
                log::info!("a session ends: its refresh was refused: {}", error.cause());
                self.0.sessions.remove(&id).await?;
                return Ok(None);
            }
            Err(error) => {
                log::warn!("an access token could not be refreshed: {}", error.cause());
                LoginSession { renew_at: now.plus(RETRY_DELAY), ..LoginSession::clone(&session) }
            }
        };
        let is_live = self.0.sessions.update(&id, renewed.clone(), now).await?;
        Ok(is_live.then(|| Arc::new(renewed)))
    }

    async fn refreshed(
        &self,
        session: &LoginSession,
        refresh_token: &Secret,
        now: UnixTime,
    ) -> Result<LoginSession, LoginError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        let tokens = self.request_tokens(&form, now).await?;
        let mut renewed = session.clone();
        if let Some(id_token) = tokens.id {
            let access_token = tokens.access.expose();
            let before = &session.claims;
            let read = self.0.trust.read_refreshed_id_token(id_token.expose(), before, access_token, now).await;
            let claims = read?;
            // The session at the issuer stays the one that a logout names.
            renewed.claims.extend(claims);
            renewed.id_token = id_token;
        }
        renewed.access_token = tokens.access;
        renewed.refresh_token = tokens.refresh.or(renewed.refresh_token);
        (renewed.renew_at, renewed.usable_until) = (tokens.renew_at, tokens.usable_until);
        Ok(renewed)
    }

    pub(super) async fn request_tokens(&self, form: &[(&str, &str)], now: UnixTime) -> Result<NewTokens, LoginError> {
        let endpoint = &self.provider()?.token;
        self.0.client.request_tokens(&self.0.source.client, endpoint, form, now).await
    }
}
