//! `GET /metrics`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
    web::Data,
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use shared::UnixTime;

use super::{
    Scrape, exposition::prometheus_text, process::process_metrics, request_metrics::RequestMetrics, scrape::Collected,
    tasks::task_metrics,
};
use crate::{api_error::ApiError, readiness::Readiness};

/// The metrics of a service: its build, its process, its requests, and whatever it adds.
pub struct Metrics {
    registry: Registry,
    requests: RequestMetrics,
    readiness: Option<Data<Readiness>>,
}

impl Metrics {
    /// The metrics that every service has. `service` and `version` identify the build.
    pub fn new(service: &'static str, version: &'static str) -> Self {
        let requests = RequestMetrics::default();
        let mut registry = Registry::default();
        registry.register_collector(Box::new(requests.clone()));
        let metrics = Self { registry, requests, readiness: None };
        metrics.collect(process_metrics).collect(move |scrape| {
            let labels = [("service", service), ("version", version)];
            scrape.gauges("build_info", "The build of the service; the value is always 1.", [(labels, true)]);
        })
    }

    /// Adds metrics that `collect` reads at each scrape.
    #[must_use]
    pub fn collect(mut self, collect: impl Fn(&mut Scrape<'_>) + Send + Sync + 'static) -> Self {
        self.registry.register_collector(Box::new(Collected(collect)));
        self
    }

    /// Adds readiness and background tasks.
    #[must_use]
    pub fn readiness(mut self, readiness: Data<Readiness>) -> Self {
        self.readiness = Some(readiness.clone());
        self.collect(move |scrape| {
            let help = "Whether /health/ready responds with 200 (1) or not (0).";
            scrape.gauge("service_ready", help, readiness.was_ready());
            task_metrics(readiness.tasks(), UnixTime::now(), scrape);
        })
    }

    pub(crate) fn requests(&self) -> &RequestMetrics {
        &self.requests
    }
}

/// `GET /metrics`: in the text format of `OpenMetrics` for clients that accept it, such as Prometheus, otherwise in the older
/// text format of Prometheus.
///
/// # Errors
/// [`ApiError`] 500 if a metric cannot be written.
pub async fn show_metrics(req: HttpRequest, metrics: Data<Metrics>) -> Result<HttpResponse, ApiError> {
    if let Some(readiness) = &metrics.readiness {
        // Runs the readiness checks; the collector reads their result.
        let _ = readiness.check().await;
    }
    let mut text = String::new();
    encode(&mut text, &metrics.registry).map_err(ApiError::internal)?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::VARY, "Accept"));
    Ok(if accepts_open_metrics(req.headers()) {
        answer.content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text)
    } else {
        answer.content_type("text/plain; version=0.0.4; charset=utf-8").body(prometheus_text(&text))
    })
}

fn accepts_open_metrics(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).filter_map(|accept| accept.to_str().ok());
    accepted.any(|accept| accept.contains("application/openmetrics-text"))
}
