//! HTTP service building blocks of `auth-service` and `resource-service`: settings, listener, lifecycle, request ids, error
//! bodies, metrics, health checks.

#[cfg(feature = "testing")]
pub mod testing;

mod api_description;
mod api_error;
mod api_page;
mod cacheable;
mod client_address;
mod collectors;
mod common_settings;
mod envelope;
mod etag;
mod health_check;
mod html;
mod instance;
mod json_body;
mod lifecycle;
mod list;
mod listen;
mod metrics;
mod program;
mod query_string;
mod request_error;
mod request_figures;
mod request_id;
mod resource;
mod settings;
mod start_error;

pub use api_description::{ApiDescription, show_docs, show_openapi};
pub use api_error::ApiError;
pub use cacheable::{Cacheable, cacheable_json};
pub use client_address::{InvalidNetwork, TrustedProxies};
pub use collectors::{Figure, Figures, NamedFigure, token_cache_figures, verification_figures};
pub use envelope::Envelope;
pub use etag::strong_etag;
pub use health_check::HealthCheck;
pub use instance::Instance;
pub use json_body::{Form, JsonBody, read_body};
pub use lifecycle::Lifecycle;
pub use list::List;
pub use listen::{ServerSettings, bind, serve};
pub use metrics::{Metrics, show_metrics};
pub use program::run_program;
pub use query_string::QueryString;
pub use request_error::{RequestError, no_such_route};
pub use resource::{Url, at};
pub use settings::{SettingsSpec, environment, load_process_settings, load_settings};
pub use start_error::StartError;
