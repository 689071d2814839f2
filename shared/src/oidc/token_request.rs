//! Requests to the issuer's token endpoint.

use std::time::Duration;

use reqwest::{Client, StatusCode, header};
use serde::Deserialize;
use url::{
    Url,
    form_urlencoded::{Serializer, byte_serialize},
};
use zeroize::Zeroizing;

use super::login_error::LoginError;
use crate::{
    client::{FetchError, read_body},
    secret::Secret,
    time::UnixTime,
};

/// A client of the issuer: this application.
pub(super) struct OidcClient {
    pub(super) id: String,
    /// `None` for a public client.
    pub(super) secret: Option<Secret>,
}

/// Tokens from the issuer.
pub(super) struct NewTokens {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    pub(super) id: Option<Secret>,
    pub(super) renew_at: UnixTime,
    pub(super) usable_until: UnixTime,
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: Secret,
    token_type: String,
    expires_in: Option<u32>,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
}

#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
}

const MAX_LEN: usize = 64 * 1024;

impl OidcClient {
    /// Sends a form with this client's credentials.
    pub(super) async fn request_tokens(
        &self,
        http: &Client,
        endpoint: &Url,
        form: &[(&str, &str)],
        now: UnixTime,
    ) -> Result<NewTokens, LoginError> {
        let request = http.post(endpoint.clone()).header(header::ACCEPT, "application/json");
        let (request, public_id) = match &self.secret {
            // RFC 6749, section 2.3.1: both are form-encoded first.
            Some(secret) => {
                let (id, secret) = (encoded(&self.id), encoded(secret.expose()));
                (request.basic_auth(id.as_str(), Some(secret.as_str())), None)
            }
            None => (request, Some(("client_id", &*self.id))),
        };
        let form = form.iter().copied().chain(public_id);
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Serializer::new(String::new()).extend_pairs(form).finish());
        let url = endpoint.to_string();
        let response = request.send().await.map_err(|source| FetchError::NoResponse { url: url.clone(), source })?;
        let status = response.status();
        let body = Zeroizing::new(read_body(response, MAX_LEN).await?);
        if status == StatusCode::OK {
            // The parser's error may quote a token.
            let tokens = serde_json::from_slice(&body).ok().and_then(|tokens| NewTokens::of(tokens, now));
            let reason = || "not a token response".to_owned();
            return tokens.ok_or_else(|| FetchError::Document { url, reason: reason() }.into());
        }
        match serde_json::from_slice::<ErrorResponse>(&body) {
            // Wrong credentials of the application say nothing about the user.
            Ok(refusal) if status.is_client_error() && is_about_grant(status, &refusal.error) => {
                Err(LoginError::Refused(refusal.error))
            }
            Ok(refusal) if refusal.error == "invalid_client" => {
                let reason = format!("it does not accept the credentials of the client {}", self.id);
                Err(FetchError::Document { url, reason }.into())
            }
            _ => Err(FetchError::Status { url, status: status.as_u16() }.into()),
        }
    }
}

fn is_about_grant(status: StatusCode, code: &str) -> bool {
    status != StatusCode::TOO_MANY_REQUESTS && !matches!(code, "invalid_client" | "slow_down" | "busy")
}

fn encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}

impl NewTokens {
    fn of(response: TokenResponse, now: UnixTime) -> Option<Self> {
        // RFC 6749, section 5.1, recommends `expires_in` without requiring it.
        const UNKNOWN_LIFE: u32 = 60;
        let is_bearer = response.token_type.eq_ignore_ascii_case("Bearer");
        let is_sendable = header::HeaderValue::from_str(response.access_token.expose()).is_ok();
        let life = Duration::from_secs(response.expires_in.unwrap_or(UNKNOWN_LIFE).into());
        (is_bearer && is_sendable).then(|| Self {
            access: response.access_token,
            refresh: response.refresh_token,
            id: response.id_token,
            renew_at: now.plus(life * 4 / 5),
            // Allows for network latency and clock skew.
            usable_until: now.plus(life.saturating_sub(Duration::from_secs(5).min(life / 10))),
        })
    }
}
