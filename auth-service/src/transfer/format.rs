//! Formats of files.

use std::{path::Path, str::FromStr};

/// The format of a file with users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180), the names of the columns in the first line.
    Csv,
    /// One JSON object per line.
    Jsonl,
}

/// An unknown format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected csv or jsonl")]
pub struct UnknownFormat;

impl Format {
    /// By the ending of its name.
    pub fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "ndjson" => Some(Self::Jsonl),
            other => other.parse().ok(),
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::Jsonl),
            _ => Err(UnknownFormat),
        }
    }
}
