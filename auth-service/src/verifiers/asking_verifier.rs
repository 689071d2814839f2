//! The verifier that requests the key set.

use std::{
    future::{Ready, ready},
    net::IpAddr,
};

use actix_web::{
    Error, FromRequest, HttpRequest,
    dev::Payload,
    http::header::{EntityTag, Header, IfNoneMatch},
    web::Data,
};
use service_kit::{Described, Operation, TrustedProxies};
use shared::keys::VERIFIER_HEADER;

/// The verifier that requests the key set, according to its headers.
pub struct AskingVerifier {
    /// Its instance name; empty if it sent none.
    pub instance: String,
    /// The entity tag of the key set that it holds; empty if it holds none.
    pub etag: String,
    /// Its address, as reported by trusted proxies.
    pub address: Option<IpAddr>,
}

impl Described for AskingVerifier {
    fn describe(_: &mut Operation) {}
}

impl FromRequest for AskingVerifier {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let instance = req.headers().get(VERIFIER_HEADER).and_then(|name| name.to_str().ok()).unwrap_or_default();
        let etag = match IfNoneMatch::parse(req) {
            Ok(IfNoneMatch::Items(held)) => held.first().map(EntityTag::tag).unwrap_or_default().to_owned(),
            Ok(IfNoneMatch::Any) | Err(_) => String::new(),
        };
        let proxies = req.app_data::<Data<TrustedProxies>>();
        let address = proxies.and_then(|proxies| proxies.client_address(req));
        ready(Ok(Self { instance: instance.to_owned(), etag, address }))
    }
}
