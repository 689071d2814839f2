//! A line of a file.

use std::io;

use super::{
    refusal::Refusal,
    row::{FIELDS, Row},
};

/// A line of a file.
#[derive(Debug)]
pub struct Line {
    /// From 1, which in CSV is the header.
    pub number: u64,
    /// Its fields.
    pub row: Result<Row, Refusal>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system's reason.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The first line of CSV does not name the columns. What it says instead may be a password.
    #[error("line 1: column {0} is unknown or repeated; the header names columns among {names}", names = FIELDS.join(", "))]
    UnknownColumn(usize),
    /// A column that every file has.
    #[error("line 1: there is no column {0}; the header names columns among {names}", names = FIELDS.join(", "))]
    MissingColumn(&'static str),
}
