//! `POST /backchannel-logout`: the issuer says that a session has ended (OpenID Connect Back-Channel Logout 1.0, section 2.7).

use actix_web::{
    HttpResponse,
    http::header::CACHE_CONTROL,
    web::{Data, Form},
};
use serde::Deserialize;

use super::{login_error::LoginError, oidc_login::OidcLogin, token_flaw::TokenFlaw};
use crate::{errors::ErrorBody, time::UnixTime};

#[derive(Deserialize)]
pub(super) struct LogoutForm {
    logout_token: String,
}

/// `POST /backchannel-logout` with `logout_token` in a form.
pub(super) async fn backchannel_logout(login: Data<OidcLogin>, form: Option<Form<LogoutForm>>) -> HttpResponse {
    let Some(form) = form else { return refusal(400, "logout_token is missing") };
    match login.end_at_issuer(&form.logout_token, UnixTime::now()).await {
        Ok(()) => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish(),
        Err(error) => {
            error.log();
            // The issuer tries again later where that may help.
            refusal(if error.status() == 503 { 503 } else { 400 }, "the logout token is not accepted")
        }
    }
}

fn refusal(status: u16, message: &'static str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
    ErrorBody::new("invalid_request", message).to_response(status)
}

impl OidcLogin {
    async fn end_at_issuer(&self, token: &str, now: UnixTime) -> Result<(), LoginError> {
        let token = self.0.trust.read_logout_token(token, now).await?;
        if !self.0.sessions.spend_logout_token(&token.id, token.expires_at, now).await? {
            return Err(TokenFlaw::Replayed.into());
        }
        let count = self.0.sessions.remove_ended(&token.ended).await?;
        log::info!("a logout at the issuer has ended {count} sessions");
        Ok(())
    }
}
