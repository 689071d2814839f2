//! The lines of a file.

use std::io::Read;

use super::{
    csv_lines::CsvLines,
    format::Format,
    json_lines::JsonLines,
    line::{Line, ReadError},
};

/// Lines that have something in them, in order. It ends after an error.
pub enum Lines<R> {
    /// CSV.
    Csv(CsvLines<R>),
    /// JSON lines.
    Jsonl(JsonLines<R>),
}

impl<R: Read> Lines<R> {
    /// Of a file in this format.
    ///
    /// # Errors
    /// [`ReadError`] if the header of CSV cannot be read, or does not name the columns.
    pub fn open(format: Format, file: R) -> Result<Self, ReadError> {
        Ok(match format {
            Format::Csv => Self::Csv(CsvLines::open(file)?),
            Format::Jsonl => Self::Jsonl(JsonLines::new(file)),
        })
    }
}

impl<R: Read> Iterator for Lines<R> {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Csv(lines) => lines.next(),
            Self::Jsonl(lines) => lines.next(),
        }
    }
}
