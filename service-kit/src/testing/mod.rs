//! Services and programs as tests talk to them.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot set up shall stop with a word")]

mod api;
mod described;
mod program;

pub use api::{Answer, Api, ErrorCode, error, eventually, send};
pub use described::{described_routes, served_routes};
pub use program::{Ended, Program};
