//! Errors and their responses.

mod auth_error;
mod custom_response;
mod error_body;
mod flaw;

pub use auth_error::AuthError;
pub use custom_response::CustomResponse;
pub use error_body::ErrorBody;
pub use flaw::Flaw;
