//! Work that is finished although the client has disconnected.

use std::{
    future::{Future, poll_fn},
    pin::pin,
};

use actix_web::rt::spawn;

use crate::{api_error::ApiError, request_context::RequestContext};

/// Finishes `work` also if the client disconnects, which drops the handler's future: for what must be counted or recorded
/// however it ends.
///
/// # Errors
/// Those of `work`, and an internal error if it panicked.
pub async fn uninterrupted<T: 'static>(
    work: impl Future<Output = Result<T, ApiError>> + 'static,
) -> Result<T, ApiError> {
    let context = RequestContext::current();
    let task = spawn(async move {
        let mut work = pin!(work);
        poll_fn(|polled| {
            let _entered = context.enter();
            work.as_mut().poll(polled)
        })
        .await
    });
    task.await.map_err(ApiError::internal)?
}
