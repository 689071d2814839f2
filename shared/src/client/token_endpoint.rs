//! The issuer's token routes.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use url::{
    Url,
    form_urlencoded::{Serializer, byte_serialize},
};
use zeroize::Zeroizing;

use super::{
    credentials::Credentials,
    http::{FetchError, IssuerUrl, read_body},
};
use crate::secret::Secret;

/// An issuer's token routes and the credentials for them.
pub(super) struct TokenEndpoint {
    client: Client,
    log_in: Url,
    refresh: Url,
    credentials: Credentials,
}

/// Tokens from the issuer.
pub(super) struct Tokens {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    /// When to renew the access token, with jitter.
    pub(super) renew_at: Instant,
    /// Until when the access token can be used.
    pub(super) usable_until: Instant,
}

/// Why the issuer returned no tokens.
pub(super) enum TokenRequestError {
    /// It rejected the request.
    Refused { code: String, message: String },
    /// It did not respond, or not with tokens. Unless `is_unsent`, a refresh token may have been used.
    NoResponse { error: FetchError, is_unsent: bool, retry_after: Option<Duration> },
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: Secret,
    refresh_token: Option<Secret>,
    token_type: String,
    expires_in: u32,
}

/// An error body of this project (`message`) or of OAuth (`error_description`; RFC 6749, section 5.2).
#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
    message: Option<String>,
    error_description: Option<String>,
}

impl TokenEndpoint {
    const MAX_LEN: usize = 64 * 1024;

    pub(super) fn new(issuer: &IssuerUrl, credentials: Credentials) -> Result<Self, reqwest::Error> {
        let at = |path| issuer.at(&format!("{}{path}", issuer.url().path().trim_end_matches('/')));
        let log_in = match &credentials {
            Credentials::Client { .. } => at("/oauth/token"),
            Credentials::Password { .. } => at("/login"),
        };
        Ok(Self { client: issuer.client(None)?, log_in, refresh: at("/refresh"), credentials })
    }

    pub(super) async fn log_in(&self) -> Result<Tokens, TokenRequestError> {
        let request = self.client.post(self.log_in.clone());
        self.send(match &self.credentials {
            Credentials::Password { username, password } => {
                request.json(&json!({ "username": username, "password": password.expose() }))
            }
            Credentials::Client { id, secret, scope } => {
                let scope = scope.as_ref().map(|scope| ("scope", &**scope));
                let form = [("grant_type", "client_credentials")].into_iter().chain(scope);
                request
                    .basic_auth(form_encoded(id).as_str(), Some(form_encoded(secret.expose()).as_str()))
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(Serializer::new(String::new()).extend_pairs(form).finish())
            }
        })
        .await
    }

    pub(super) async fn refresh(&self, token: &Secret) -> Result<Tokens, TokenRequestError> {
        self.send(self.client.post(self.refresh.clone()).json(&json!({ "refresh_token": token.expose() }))).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Tokens, TokenRequestError> {
        let requested_at = Instant::now();
        let response = request.send().await.map_err(|source| {
            let is_unsent = source.is_connect();
            let url = source.url().map(Url::to_string).unwrap_or_default();
            TokenRequestError::NoResponse {
                error: FetchError::NoResponse { url, source },
                is_unsent,
                retry_after: None,
            }
        })?;
        let (status, url) = (response.status(), response.url().to_string());
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let no_response = |error| TokenRequestError::NoResponse { error, is_unsent: false, retry_after };
        let body = Zeroizing::new(read_body(response, Self::MAX_LEN).await.map_err(no_response)?);
        if status == StatusCode::OK {
            let wrong = |reason: String| no_response(FetchError::Document { url: url.clone(), reason });
            // The parser's error may quote the token.
            let tokens: TokenResponse =
                serde_json::from_slice(&body).map_err(|_| wrong("not a token response".to_owned()))?;
            return Tokens::of(tokens, requested_at).map_err(|reason| wrong(reason.to_owned()));
        }
        let is_rejection = status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS;
        match serde_json::from_slice::<ErrorResponse>(&body) {
            Ok(ErrorResponse { error, message, error_description }) if is_rejection => {
                Err(TokenRequestError::Refused {
                    code: error,
                    message: message.or(error_description).unwrap_or_default(),
                })
            }
            _ => Err(no_response(FetchError::Status { url, status: status.as_u16() })),
        }
    }
}

impl Tokens {
    fn of(response: TokenResponse, requested_at: Instant) -> Result<Self, &'static str> {
        if !response.token_type.eq_ignore_ascii_case("Bearer") {
            return Err("token_type is not Bearer");
        }
        if header::HeaderValue::from_str(response.access_token.expose()).is_err() {
            return Err("access_token is not a valid header value");
        }
        let life = Duration::from_secs(response.expires_in.into());
        Ok(Self {
            access: response.access_token,
            refresh: response.refresh_token,
            renew_at: requested_at + crate::tasks::jittered(life * 4 / 5),
            // Allows for network latency and clock skew.
            usable_until: requested_at + life - Duration::from_secs(5).min(life / 10),
        })
    }
}

/// Form encoding, which RFC 6749, section 2.3.1, requires of id and secret before Basic authentication.
fn form_encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}
