//! Request ids, which identify requests in logs.

use std::cell::Cell;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Generates the request ids of a worker: a random prefix and a counter, which is cheaper than random ids.
pub(crate) struct RequestIds {
    worker: u64,
    next: Cell<u64>,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let (worker, _) = Uuid::new_v4().as_u64_pair();
        Self { worker, next: Cell::new(0) }
    }

    /// The id that the load balancer or client sent, if it is valid; otherwise a new one: 32 hexadecimal digits.
    pub(crate) fn id_of(&self, headers: &HeaderMap) -> HeaderValue {
        let given = headers.get(REQUEST_ID).filter(|id| {
            (1..=128).contains(&id.len())
                && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
        });
        given.cloned().unwrap_or_else(|| self.make())
    }

    fn make(&self) -> HeaderValue {
        let count = self.next.get();
        self.next.set(count.wrapping_add(1));
        let mut text = Uuid::encode_buffer();
        let id = Uuid::from_u64_pair(self.worker, count).simple().encode_lower(&mut text);
        HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("none"))
    }
}
