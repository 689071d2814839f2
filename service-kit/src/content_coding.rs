//! Which encodings a client accepts.

use actix_web::{
    HttpRequest,
    http::header::{AcceptEncoding, Encoding, Header},
};

/// Whether the client prefers gzip to no encoding (RFC 9110, section 12.5.3).
pub fn accepts_gzip(req: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    let accepted = AcceptEncoding::parse(req).ok();
    accepted.and_then(|accepted| accepted.negotiate(supported.iter())) == Some(Encoding::gzip())
}
