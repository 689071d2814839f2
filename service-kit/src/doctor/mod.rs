//! The command `doctor`: checks of an installation, each with a remedy.

mod cache_directory;
mod check;
mod clock;
mod disk;
mod entrance;
mod examined;
mod file_access;
#[cfg(feature = "verifier")]
mod issuer;
mod listener;
mod open_files;
mod proxies;
mod report;
mod secret_files;
mod tls;
mod web_origins;

pub use cache_directory::check_cache_directory;
pub use check::{Check, Status};
pub use clock::compare_clocks;
pub use disk::check_disk;
pub use entrance::Entrance;
pub use examined::ExaminedSettings;
pub use file_access::{folder_of, is_open_to_others};
#[cfg(feature = "verifier")]
pub use issuer::{check_audience, check_issuer};
pub use report::ReportFormat;
pub use secret_files::check_secret_files;
pub use web_origins::check_web_origins;
