//! What the return type of a handler says about its operation.

use actix_web::{HttpResponse, web::Json};
use utoipa::ToSchema;

use super::operation::Operation;

/// The return type of a handler.
pub trait Answer {
    /// Adds the response to the operation.
    fn describe(operation: &mut Operation);
}

impl<T: ToSchema> Answer for Json<T> {
    fn describe(operation: &mut Operation) {
        operation.returns_json::<T>(200, "", serde_json::Value::Null);
    }
}

/// It can be anything, so it is described by hand.
impl Answer for HttpResponse {
    fn describe(_: &mut Operation) {}
}

impl<T: Answer, E> Answer for Result<T, E> {
    fn describe(operation: &mut Operation) {
        T::describe(operation);
    }
}
