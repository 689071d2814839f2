//! HTTP service building blocks of `auth-service` and `resource-service`: settings, listener, lifecycle, request ids, error
//! bodies, logging, metrics, health checks.

#[cfg(feature = "testing")]
pub mod testing;

mod api_description;
mod api_error;
mod bounds;
mod cacheable;
mod client_address;
mod common_settings;
mod completions;
mod connections;
mod content_coding;
mod cors;
pub mod doctor;
mod envelope;
mod error_chain;
mod etag;
mod field_error;
mod head_limits;
mod health_check;
mod instance;
mod json_body;
mod lifecycle;
mod list;
mod listen;
mod logging;
mod man_pages;
mod message;
mod metrics;
mod open_files;
mod openapi;
mod origin;
pub mod output;
mod portions;
mod program;
mod query_string;
mod readiness;
mod request_context;
mod request_error;
mod request_id;
mod route;
mod security_headers;
mod service_api;
mod setting_origins;
mod settings;
mod show_settings;
mod start_error;
mod swagger_ui;
mod tls;
mod uninterrupted;
#[cfg(feature = "verifier")]
mod verifier_settings;
mod without_field;

pub use api_description::{ApiDescription, show_docs, show_docs_file, show_openapi};
pub use api_error::ApiError;
pub use bounds::Bound;
pub use cacheable::{Cacheable, cacheable_json};
pub use client_address::{InvalidNetwork, TrustedProxies};
pub use completions::Completions;
pub use connections::{ConnectionConfig, Connections};
pub use content_coding::accepts_gzip;
pub use cors::{Cors, CorsConfig, allow_origins, answer_origin};
pub use envelope::Envelope;
pub use error_chain::error_chain;
pub use etag::strong_etag;
pub use health_check::HealthCheck;
pub use instance::Instance;
pub use json_body::{JsonBody, read_body};
pub use lifecycle::Lifecycle;
pub use list::List;
pub use listen::{ServerSettings, bind, serve};
pub use logging::{
    settings::{AccessLog, LogConfig, LogFormat},
    setup::init_log,
};
pub use man_pages::ManPages;
pub use message::Message;
pub use metrics::{EventCounter, Metrics, Number, Scrape, show_metrics, verification_metrics};
pub use openapi::{
    answer::Answer,
    api::Api,
    credential::Credential,
    described::{Described, DescribedRule},
    operation::Operation,
};
pub use origin::Origin;
pub use program::run_program;
pub use query_string::QueryString;
pub use readiness::{NotReady, Readiness, show_live, show_ready};
pub use request_context::{EnteredRequest, RequestContext};
pub use request_error::{RequestError, no_such_route};
pub use route::{Route, at};
pub use service_api::describe_service;
pub use setting_origins::{SettingOrigin, SettingOrigins};
pub use settings::{SettingsSpec, environment, load_process_settings, load_settings};
pub use show_settings::ShowSettings;
pub use start_error::StartError;
pub use tls::{Tls, TlsConfig};
pub use uninterrupted::uninterrupted;
#[cfg(feature = "verifier")]
pub use verifier_settings::{KeyConfig, RevocationConfig, TokenCacheConfig};
