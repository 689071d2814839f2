//! Clients of the issuer: background fetches of keys and status lists, user lookups, and access tokens for calls to other
//! services.

mod authorized_request;
mod cause;
mod conditional_request;
mod credentials;
mod disk_copy;
mod fetch_timer;
mod http;
mod inspection;
mod issuer;
mod issuer_lookup;
mod jwks_source;
mod key_refresher;
mod metadata;
mod miss_budget;
mod refresher;
mod setup_error;
mod status_refresher;
mod status_source;
mod token_client;
mod token_endpoint;
mod token_problem;

pub use authorized_request::SendError;
pub use credentials::Credentials;
pub use disk_copy::DiskCopy;
#[cfg(feature = "oidc")]
pub(crate) use http::read_body;
pub use http::{FetchError, InvalidUrl, IssuerUrl};
pub use inspection::{InspectedKeys, InspectedMetadata, IssuerInspection};
pub use issuer::Issuer;
pub use issuer_lookup::{IssuerLookup, IssuerLookups};
pub use jwks_source::JwksSource;
pub use key_refresher::refresh_keys;
#[cfg(feature = "oidc")]
pub(crate) use metadata::{Metadata, fetch_openid_metadata, reachable};
#[cfg(feature = "oidc")]
pub(crate) use refresher::MAX_SILENCE;
pub use setup_error::{IssuerDocument, IssuerInterval, SetupError};
pub use status_refresher::refresh_status_lists;
pub use status_source::StatusSource;
pub use token_client::{TokenClient, TokenError};
pub use token_problem::TokenProblem;

pub use crate::issuer_name::InvalidIssuer;
