//! The id by which a request is found again in the logs.

use std::cell::Cell;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives requests ids, one worker's: a number of its own and a count, which costs less than randomness for each.
pub(crate) struct RequestIds {
    worker: u64,
    next: Cell<u64>,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let (worker, _) = Uuid::new_v4().as_u64_pair();
        Self { worker, next: Cell::new(0) }
    }

    /// The id that a balancer or client gave, if it is short and plain; a new one otherwise: 32 hexadecimal digits.
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
