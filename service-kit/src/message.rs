//! Responses that only say what was done.

use serde::Serialize;
use utoipa::ToSchema;

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// For people; it may change.
    message: &'static str,
}

impl Message {
    /// This message.
    pub const fn new(message: &'static str) -> Self {
        Self { message }
    }
}
