//! What failures of this feature answer.

use service_kit::ApiError;

use super::list_keeper::CannotTell;

impl From<CannotTell> for ApiError {
    fn from(error: CannotTell) -> Self {
        match error {
            CannotTell::Db(error) => {
                Self::unavailable("status_unavailable", "The status lists are temporarily unavailable").because(error)
            }
            CannotTell::NoCurrentKey(error) => error.into(),
            CannotTell::CannotSign(error) => Self::internal(error),
        }
    }
}
