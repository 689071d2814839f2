//! Requests by route, method and status, and how long they took.
//!
//! Custom code, since a family of prometheus-client takes a lock for each request. Here each worker has its own counters.

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::EventCounter;
use actix_web::http::{Method, StatusCode};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet},
    metrics::{MetricType, counter::ConstCounter},
    registry::Unit,
};

/// The counters of all workers. Each worker has its own, without a lock; a scrape adds them up.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestMetrics(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    answers: BTreeMap<Outcome, Vec<Arc<AtomicU64>>>,
    durations: BTreeMap<Box<str>, Vec<Arc<Durations>>>,
}

/// Route, method and status.
type Outcome = (Box<str>, &'static str, u16);

/// The counters of one worker for one route.
pub(crate) struct RouteMetrics {
    route: Box<str>,
    durations: OnceCell<Arc<Durations>>,
    answers: RefCell<Vec<(&'static str, u16, Arc<AtomicU64>)>>,
    outcomes: Option<EventCounter>,
}

/// The number of requests by duration.
#[derive(Debug, Default)]
struct Durations {
    buckets: [AtomicU64; BOUNDS_MICROS.len() + 1],
    sum_nanos: AtomicU64,
}

/// From 50 microseconds to about 13 seconds, each four times the one before.
const BOUNDS_MICROS: [u64; 10] = [50, 200, 800, 3_200, 12_800, 51_200, 204_800, 819_200, 3_276_800, 13_107_200];

impl RouteMetrics {
    /// Counters for the route with this pattern, so that there are no more labels than routes.
    pub(crate) fn new(route: &str) -> Self {
        Self { route: route.into(), durations: OnceCell::new(), answers: RefCell::default(), outcomes: None }
    }

    /// Like [`new`](Self::new), with a counter of outcomes.
    pub(crate) fn with_outcomes(self, outcomes: EventCounter) -> Self {
        Self { outcomes: Some(outcomes), ..self }
    }

    /// The counter of outcomes, if there is one.
    pub(crate) fn outcomes(&self) -> Option<&EventCounter> {
        self.outcomes.as_ref()
    }

    /// The route's pattern.
    pub(crate) fn route(&self) -> &str {
        &self.route
    }

    /// Counts a response.
    pub(crate) fn count(&self, all: &RequestMetrics, method: &Method, status: StatusCode, took: Duration) {
        self.durations.get_or_init(|| all.durations(&self.route)).count(took);
        let (method, status) = (name(method), status.as_u16());
        let mut answers = self.answers.borrow_mut();
        if let Some((_, _, count)) = answers.iter().find(|(known, code, _)| (*known, *code) == (method, status)) {
            count.fetch_add(1, Relaxed);
        } else {
            let count = all.answers(&self.route, method, status);
            count.fetch_add(1, Relaxed);
            answers.push((method, status, count));
        }
    }
}

impl RequestMetrics {
    fn answers(&self, route: &str, method: &'static str, status: u16) -> Arc<AtomicU64> {
        let count = Arc::default();
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.answers.entry((route.into(), method, status)).or_default().push(Arc::clone(&count));
        count
    }

    fn durations(&self, route: &str) -> Arc<Durations> {
        let durations = Arc::default();
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.durations.entry(route.into()).or_default().push(Arc::clone(&durations));
        durations
    }
}

impl Durations {
    fn count(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_MICROS.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS_MICROS.len());
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.sum_nanos.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

impl Collector for RequestMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut family = encoder.encode_descriptor(
            "http_requests",
            "HTTP requests by route pattern, method and status.",
            None,
            MetricType::Counter,
        )?;
        for ((route, method, status), counts) in &counted.answers {
            let count: u64 = counts.iter().map(|count| count.load(Relaxed)).sum();
            let labels =
                [("route", route.to_string()), ("method", (*method).to_owned()), ("status", status.to_string())];
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
        let (name, help) = ("http_request_duration", "Time from the request to its response, in seconds.");
        let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
        for (route, durations) in &counted.durations {
            encode_histogram(durations, family.encode_family(&[("route", &**route)])?)?;
        }
        Ok(())
    }
}

fn encode_histogram(
    durations: &[Arc<Durations>],
    mut encoder: prometheus_client::encoding::MetricEncoder<'_>,
) -> fmt::Result {
    let bounds = BOUNDS_MICROS.iter().map(|micros| Duration::from_micros(*micros).as_secs_f64()).chain([f64::INFINITY]);
    let buckets: Vec<_> = bounds
        .enumerate()
        .map(|(number, bound)| {
            let of_one =
                |durations: &Arc<Durations>| durations.buckets.get(number).map_or(0, |count| count.load(Relaxed));
            (bound, durations.iter().map(of_one).sum())
        })
        .collect();
    let sum_nanos = durations.iter().map(|durations| durations.sum_nanos.load(Relaxed)).sum();
    let count = buckets.iter().map(|(_, count): &(f64, u64)| count).sum();
    encoder.encode_histogram::<NoLabelSet>(Duration::from_nanos(sum_nanos).as_secs_f64(), count, &buckets, None)
}

/// Clients can invent methods, so all unknown ones share one label.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
