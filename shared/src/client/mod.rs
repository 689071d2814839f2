//! What is fetched from the issuer, beside the requests and never on their way: its keys, and on demand its users.

mod disk_copy;
mod http;
mod issuer_lookup;
mod jwks_source;
mod key_refresher;
mod metadata;
mod miss_budget;
mod refresh_stats;

pub use disk_copy::DiskCopy;
pub use http::{FetchError, InvalidUrl, IssuerUrl};
pub use issuer_lookup::IssuerLookup;
pub use jwks_source::JwksSource;
pub use key_refresher::KeyRefresher;
pub use refresh_stats::RefreshStats;
