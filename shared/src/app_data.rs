//! What a resource server adds to the data of an `App`.

use std::sync::Arc;

use actix_web::web::ServiceConfig;

/// Puts something into the data of an `App`.
pub(crate) type AppData = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;
