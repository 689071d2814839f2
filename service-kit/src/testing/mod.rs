//! Test support: HTTP requests to services, and programs as child processes.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "test code may panic")]

mod api;
pub mod certificates;
mod described;
mod doctor_report;
mod held_request;
mod program;
mod python;
mod skipped;

pub use api::{Api, ErrorCode, Response, error, eventually, eventually_within, send};
pub use described::{codes_in_sources, described_codes, described_operations, described_routes, served_routes};
pub use doctor_report::DoctorReport;
pub use held_request::HeldRequest;
pub use program::{Ended, Program};
pub use python::interop_python;
pub use skipped::skip;
