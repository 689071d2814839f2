//! The description of the routes that every service has.

use serde_json::json;

use crate::{
    api_description::{show_docs, show_docs_file, show_openapi},
    metrics::show_metrics,
    openapi::api::Api,
    readiness::{NotReady, State, show_live, show_ready},
    request_error::RequestError,
};

/// Describes the routes that every service has; these are the reasons for which the service may not be ready.
pub fn describe_service(api: &mut Api, not_ready: impl IntoIterator<Item = NotReady>) {
    api.get("/openapi.json", show_openapi)
        .named("openapi", "The API description as OpenAPI")
        .returns_content("OpenAPI 3.1.", json!({ "application/json": { "schema": { "type": "object" } } }))
        .cacheable();
    api.get("/docs", show_docs)
        .named("docs", "The API description as a page")
        .details(
            "Swagger UI, served by this service alone. *Authorize* takes a token, and *Execute* sends requests with it.",
        )
        .returns_content("The page.", json!({ "text/html": { "schema": { "type": "string" } } }))
        .cacheable();
    let text = json!({ "schema": { "type": "string" } });
    api.get("/docs/{file}", show_docs_file)
        .named("docsFile", "A file of the page")
        .path_parameter("file", "The name of a script or style sheet.", "initializer.js")
        .returns_content("The file.", json!({ "text/javascript": text, "text/css": text }))
        .cacheable()
        .refuses([RequestError::NotFound]);
    let formats = json!({ "application/openmetrics-text": text, "text/plain": text });
    api.get("/metrics", show_metrics)
        .named("metrics", "Metrics for Prometheus")
        .returns_content("The text format of OpenMetrics if the client accepts it, else that of Prometheus.", formats);
    api.get("/health/live", show_live)
        .named("live", "Liveness")
        .returns("The process responds.", json!({ "status": "live" }));
    api.get("/health/ready", show_ready)
        .named("ready", "Readiness")
        .returns_json::<State>(200, "Ready to serve.", json!(State::READY))
        .refuses([NotReady::shutting_down(), NotReady::task_dead("...")])
        .refuses(not_ready);
}
