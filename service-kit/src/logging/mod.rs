//! The log: its settings, its formats, and the lines that every request may write.

pub(crate) mod format;
pub(crate) mod request_lines;
pub(crate) mod settings;
pub(crate) mod setup;
mod timestamp;
