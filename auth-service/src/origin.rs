//! Where a request comes from, as sessions and the audit log tell it.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::USER_AGENT, web::Data};
use service_kit::TrustedProxies;
use shared::AuthError;

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What the client calls itself; empty if it does not say.
    pub device: String,
    /// Its address, as far as one's own proxies tell it.
    pub address: Option<String>,
}

const LONGEST_DEVICE: usize = 200;

impl FromRequest for Origin {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let proxies = req.app_data::<Data<TrustedProxies>>();
        let origin = proxies.map(|proxies| Self {
            device: device(req),
            address: proxies.client_address(req).map(|address| address.to_string()),
        });
        ready(origin.ok_or(AuthError::NotConfigured("TrustedProxies in the application's data")))
    }
}

/// What a terminal would obey is left out.
fn device(req: &HttpRequest) -> String {
    let agent = req.headers().get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    agent.unwrap_or_default().chars().filter(|c| !c.is_control()).take(LONGEST_DEVICE).collect()
}
