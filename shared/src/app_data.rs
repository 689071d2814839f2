//! Data that a resource server adds to an actix-web `App`.

use std::sync::Arc;

use actix_web::web::ServiceConfig;

/// Adds data to an `App`.
pub(crate) type AppData = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;
