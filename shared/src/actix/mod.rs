//! actix-web: what puts a resource server into an `App`.

mod app;
mod require;

pub(crate) use app::AppData;
pub use require::{Require, Required, require};
