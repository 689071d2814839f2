//! Errors and their responses.

mod auth_error;
mod error_answer;
mod error_body;
mod flaw;

pub use auth_error::AuthError;
pub use error_answer::ErrorAnswer;
pub use error_body::ErrorBody;
pub use flaw::Flaw;
