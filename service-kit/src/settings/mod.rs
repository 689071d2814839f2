//! Layered settings: defaults in code, then a TOML file, then the environment.

mod environment;
mod file;
mod keys;
mod load;
mod spec;
mod text;

pub use environment::environment;
pub(crate) use environment::process_environment;
pub(crate) use keys::{flatten, pointer};
pub(crate) use load::load_settings_without;
pub use load::{load_process_settings, load_settings};
pub use spec::SettingsSpec;
