//! Metrics for Prometheus.

mod event_counter;
mod exposition;
mod process;
mod registry;
pub(crate) mod request_metrics;
mod scrape;
mod tasks;
mod verification;

pub use event_counter::EventCounter;
pub use registry::{Metrics, show_metrics};
pub use scrape::{Number, Scrape};
pub use verification::verification_metrics;
