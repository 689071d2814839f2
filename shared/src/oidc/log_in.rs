//! `GET /login`: sends the browser to the issuer.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;

use super::{
    error_page::see_other, login_error::LoginError, oidc_login::OidcLogin, pending_login::PendingLogin,
    pkce::challenge, return_to::ReturnTo,
};
use crate::time::UnixTime;

#[derive(Deserialize)]
pub(super) struct LoginQuery {
    /// A page of this application; anything else is ignored.
    return_to: Option<String>,
}

/// `GET /login?return_to=/reports`.
pub(super) async fn log_in(login: Data<OidcLogin>, query: Option<Query<LoginQuery>>, req: HttpRequest) -> HttpResponse {
    let return_to = query.and_then(|query| ReturnTo::parse(query.return_to.as_deref()?));
    login.begin(return_to, UnixTime::now()).unwrap_or_else(|error| login.respond_to(&error, &req))
}

impl OidcLogin {
    fn begin(&self, return_to: Option<ReturnTo>, now: UnixTime) -> Result<HttpResponse, LoginError> {
        let pending = PendingLogin::begin(return_to, now)?;
        let mut url = self.provider()?.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.0.client.id)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("scope", &self.0.scope)
            .append_pair("state", &pending.state)
            .append_pair("nonce", &pending.nonce)
            .append_pair("code_challenge", &challenge(pending.verifier.expose()))
            .append_pair("code_challenge_method", "S256");
        let cookie = self.0.cookies.pending(&pending.state, pending.seal(&self.0.key)?);
        Ok(see_other(url.as_str()).cookie(cookie).finish())
    }
}
