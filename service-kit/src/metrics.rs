//! `GET /metrics`.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use prometheus_client::{encoding::text::encode, registry::Registry};

use crate::request_figures::RequestFigures;
use shared::ErrorBody;

/// What a service counts: requests by route, method and status, how long they took, and whatever else is registered.
pub struct Metrics {
    registry: Registry,
    requests: RequestFigures,
}

impl Metrics {
    /// Requests, and what `register` adds.
    pub fn new(register: impl FnOnce(&mut Registry)) -> Self {
        let mut registry = Registry::default();
        let requests = RequestFigures::default();
        registry.register_collector(Box::new(requests.clone()));
        register(&mut registry);
        Self { registry, requests }
    }

    pub(crate) fn requests(&self) -> &RequestFigures {
        &self.requests
    }
}

/// `GET /metrics`: everything in the text format of `OpenMetrics`, which Prometheus reads.
pub async fn show_metrics(metrics: Data<Metrics>) -> HttpResponse {
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => HttpResponse::Ok()
            .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
            .insert_header(("Cache-Control", "no-store"))
            .body(text),
        Err(error) => {
            log::error!("the metrics cannot be written: {error}");
            ErrorBody::new("internal", "internal error").answer(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
