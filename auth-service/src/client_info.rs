//! The client of a request, as sessions and the audit log record it.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::USER_AGENT, web::Data};
use service_kit::{Described, Operation, TrustedProxies};
use shared::AuthError;

/// The client of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its `User-Agent` without control characters; empty if there is none.
    pub device: String,
    /// Its address, as reported by trusted proxies.
    pub address: Option<String>,
}

const MAX_DEVICE_LEN: usize = 200;

impl Described for ClientInfo {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for ClientInfo {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let proxies = req.app_data::<Data<TrustedProxies>>();
        let client = proxies.map(|proxies| Self {
            device: device(req),
            address: proxies.client_address(req).map(|address| address.to_string()),
        });
        ready(client.ok_or(AuthError::NotConfigured("TrustedProxies in the application's data")))
    }
}

/// Removes control characters, which could affect terminals.
fn device(req: &HttpRequest) -> String {
    let agent = req.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    agent.unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX_DEVICE_LEN).collect()
}
