//! The error responses of this feature.

use service_kit::ApiError;

use super::list_keeper::StatusListError;

impl From<StatusListError> for ApiError {
    fn from(error: StatusListError) -> Self {
        match error {
            StatusListError::Db(error) => {
                Self::unavailable("status_unavailable", "The status lists are temporarily unavailable").because(error)
            }
            StatusListError::NoCurrentKey(error) => error.into(),
            StatusListError::Build(error) => Self::internal(error),
        }
    }
}
