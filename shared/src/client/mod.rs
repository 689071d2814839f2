//! What is fetched from the issuer, beside the requests and never on their way: its keys, and on demand its users; and
//! tokens of one's own for calls of other services.

mod authorized_request;
mod credentials;
mod disk_copy;
mod http;
mod issuer_lookup;
mod jwks_source;
mod key_refresher;
mod metadata;
mod miss_budget;
mod refresh_stats;
mod token_client;
mod token_endpoint;
mod token_problem;

pub use authorized_request::SendError;
pub use credentials::Credentials;
pub use disk_copy::DiskCopy;
pub use http::{FetchError, InvalidUrl, IssuerUrl};
pub use issuer_lookup::IssuerLookup;
pub use jwks_source::JwksSource;
pub use key_refresher::KeyRefresher;
pub use refresh_stats::RefreshStats;
pub use token_client::{TokenClient, TokenError};
pub use token_problem::TokenProblem;

pub use crate::secret::Secret;
