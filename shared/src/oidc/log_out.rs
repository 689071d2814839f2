//! `POST /logout`: ends the session here, then at the issuer.

use actix_web::{HttpRequest, HttpResponse, web::Data};

use super::{
    error_page::see_other, login_error::LoginError, login_session::LoginSession, oidc_login::OidcLogin,
    same_origin::is_same_origin, session_id::SessionId,
};

/// `POST /logout`, from a form of the application.
pub(super) async fn log_out(login: Data<OidcLogin>, req: HttpRequest) -> HttpResponse {
    login.end(&req).await.unwrap_or_else(|error| login.respond_to(&error, &req))
}

impl OidcLogin {
    async fn end(&self, req: &HttpRequest) -> Result<HttpResponse, LoginError> {
        if !is_same_origin(req, self.0.url.origin()) {
            return Err(LoginError::OtherOrigin);
        }
        let cookie = self.0.cookies.find_session(req);
        let ended = match cookie.as_deref().map(SessionId::of_cookie) {
            Some(id) => self.0.sessions.remove(&id).await?,
            None => None,
        };
        let page = ended.and_then(|session| self.end_session_url(&session));
        let page = page.unwrap_or_else(|| self.0.url.path_of(self.0.after_logout.as_str()));
        Ok(see_other(&page).cookie(self.0.cookies.no_session()).finish())
    }

    /// The issuer's page that ends its session too (RP-Initiated Logout 1.0, section 2). While the issuer has not been found,
    /// only the session here ends.
    fn end_session_url(&self, session: &LoginSession) -> Option<String> {
        let mut url = self.provider().ok()?.end_session.clone()?;
        url.query_pairs_mut()
            .append_pair("id_token_hint", session.id_token.expose())
            .append_pair("client_id", &self.0.client.id)
            .append_pair("post_logout_redirect_uri", &self.post_logout_uri());
        Some(url.into())
    }
}
