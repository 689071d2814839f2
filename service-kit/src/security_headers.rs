//! The headers that tell browsers what not to do with a response.

use std::time::Duration;

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// The headers that every response has, of whatever status.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecurityHeaders {
    transport: Option<HeaderValue>,
}

/// Responses are data: a browser that shows one loads nothing, runs nothing, and puts it in no frame. Pages have a policy of
/// their own.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

impl SecurityHeaders {
    /// With `Strict-Transport-Security` (RFC 6797) for this long; none for zero.
    pub(crate) fn with_transport_security(max_age: Duration) -> Self {
        let value = format!("max-age={}", max_age.as_secs());
        Self { transport: HeaderValue::from_str(&value).ok().filter(|_| !max_age.is_zero()) }
    }

    /// Adds them to a response.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, NOTHING);
        }
        if let Some(transport) = &self.transport {
            headers.insert(STRICT_TRANSPORT_SECURITY, transport.clone());
        }
    }
}
