//! The routes of resource-service.

use actix_web::web::{self, ServiceConfig};
use service_kit::{at, no_such_route, show_docs, show_docs_file, show_live, show_metrics, show_openapi, show_ready};

use crate::{admin, dashboard, index, profile};

/// The routes that require a token.
pub const PROTECTED: [&str; 3] = ["/dashboard", "/profile", "/admin"];

/// The routes of resource-service.
pub fn routes(service: &mut ServiceConfig) {
    service
        .service(at("/").get(index::show))
        .service(at("/dashboard").get(dashboard::show))
        .service(at("/profile").get(profile::show))
        .service(at("/admin").get(admin::show))
        .service(at("/openapi.json").get(show_openapi))
        .service(at("/docs").get(show_docs))
        .service(at("/docs/{file}").get(show_docs_file))
        .service(at("/metrics").get(show_metrics))
        .service(at("/health/live").get(show_live))
        .service(at("/health/ready").get(show_ready))
        .default_service(web::to(no_such_route));
}
