//! The userinfo endpoint (OpenID Connect Core 1.0, section 5.3).

use reqwest::{Client, StatusCode, header};
use serde_json::{Map, Value};
use url::Url;

use super::{login_error::LoginError, token_flaw::TokenFlaw};
use crate::{
    client::{FetchError, read_body},
    json::JsonObject,
    secret::Secret,
};

const MAX_LEN: usize = 64 * 1024;

/// The claims about the user of an access token, which must be the user in the ID token.
pub(super) async fn fetch_user_info(
    http: &Client,
    endpoint: &Url,
    token: &Secret,
    subject: &str,
) -> Result<Map<String, Value>, LoginError> {
    let url = || endpoint.to_string();
    let request = http.get(endpoint.clone()).header(header::ACCEPT, "application/json").bearer_auth(token.expose());
    let response = request.send().await.map_err(|source| FetchError::NoResponse { url: url(), source })?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status { url: url(), status: response.status().as_u16() }.into());
    }
    let body = read_body(response, MAX_LEN).await?;
    let wrong = |_| FetchError::Document { url: url(), reason: "not a JSON object of claims".to_owned() };
    let JsonObject(claims) = serde_json::from_slice(&body).map_err(wrong)?;
    if claims.get("sub").and_then(Value::as_str) != Some(subject) {
        return Err(TokenFlaw::Subject.into());
    }
    Ok(claims)
}
