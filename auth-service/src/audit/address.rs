//! Where a request comes from.

use std::{convert::Infallible, future::Ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use shared::service::TrustedProxies;

/// The address that a request comes from, behind one's own proxies.
pub struct CallerAddress(pub Option<String>);

impl CallerAddress {
    /// That of this request.
    pub fn of(req: &HttpRequest) -> Self {
        let proxies: Option<&Data<TrustedProxies>> = req.app_data();
        Self(proxies.and_then(|proxies| proxies.client_address(req)).map(|address| address.to_string()))
    }
}

impl FromRequest for CallerAddress {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(req)))
    }
}
