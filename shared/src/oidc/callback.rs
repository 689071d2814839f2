//! `GET /callback`: the issuer's response, which begins the session.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::Map;

use super::{
    authorization_response::AuthorizationResponse, error_page::see_other, login_error::LoginError,
    login_session::LoginSession, oidc_login::OidcLogin, pending_login::PendingLogin, random::random_text,
    session_id::SessionId, user_info::fetch_user_info,
};
use crate::{errors::Flaw, oidc::token_flaw::TokenFlaw, time::UnixTime};

/// `GET /callback?code=…&state=…&iss=…`.
pub(super) async fn callback(login: Data<OidcLogin>, req: HttpRequest) -> HttpResponse {
    login.finish(&req, UnixTime::now()).await.unwrap_or_else(|error| login.respond_to(&error, &req))
}

impl OidcLogin {
    async fn finish(&self, req: &HttpRequest, now: UnixTime) -> Result<HttpResponse, LoginError> {
        let inner = &*self.0;
        let response = AuthorizationResponse::parse(req.query_string())?;
        let state = response.state.clone();
        let cookie = inner.cookies.find_pending(req, &state).ok_or(LoginError::NotPending)?;
        let pending = PendingLogin::open(&cookie, &state, &inner.key, now).ok_or(LoginError::NotPending)?;
        let code = response.code(&inner.trust.issuer, self.provider()?.sends_iss)?;
        let session = self.exchange(&code, &pending, now).await?;
        let cookie = random_text()?;
        inner.sessions.insert(&SessionId::of_cookie(&cookie), session, now).await?;
        // A new cookie for each login, and an end to the session that this browser had.
        if let Some(before) = inner.cookies.find_session(req) {
            inner.sessions.remove(&SessionId::of_cookie(&before)).await?;
        }
        let page = pending
            .return_to
            .as_ref()
            .map_or_else(|| inner.url.path_of(inner.after_login.as_str()), |return_to| return_to.as_str().to_owned());
        let mut response = see_other(&page);
        Ok(response.cookie(inner.cookies.session(cookie)).cookie(inner.cookies.no_pending(&state)).finish())
    }

    async fn exchange(&self, code: &str, pending: &PendingLogin, now: UnixTime) -> Result<LoginSession, LoginError> {
        let _permit = self.0.exchanges.try_acquire().map_err(|_| LoginError::Busy)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri()),
            ("code_verifier", pending.verifier.expose()),
        ];
        let tokens = self.request_tokens(&form, now).await?;
        let id_token = tokens.id.ok_or(TokenFlaw::Jws(Flaw::NotCompact))?;
        let access_token = tokens.access.expose();
        let claims = self.0.trust.read_id_token(id_token.expose(), &pending.nonce, access_token, now).await?;
        let mut session = LoginSession {
            claims,
            profile: Map::new(),
            id_token,
            access_token: tokens.access,
            refresh_token: tokens.refresh,
            renew_at: tokens.renew_at,
            usable_until: tokens.usable_until,
            expires_at: now.plus(self.0.session_ttl),
        };
        if let Some(endpoint) = &self.provider()?.userinfo {
            let (http, token) = (&self.0.source.client, &session.access_token);
            session.profile = fetch_user_info(http, endpoint, token, session.subject()).await?;
        }
        Ok(session)
    }
}
