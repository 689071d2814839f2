//! Users from files and to files: CSV and JSON lines.

pub mod batch;
mod csv_fields;
mod csv_lines;
pub mod export;
pub mod format;
pub mod import;
pub mod imported_user;
mod json_lines;
pub mod line;
pub mod lines;
mod raw_lines;
pub mod refusal;
mod row;
mod seen;
mod store;
