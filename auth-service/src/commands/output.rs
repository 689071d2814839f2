//! What commands print, and how they end.

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use serde::Serialize;
use shared::{UnixTime, service::StartError};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A setting or an argument is wrong.
    #[error(transparent)]
    Setting(#[from] StartError),
    /// It was refused, or it failed.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    pub(super) fn refused(why: impl Display) -> Self {
        Self::Refused(why.to_string())
    }
}

/// A line for whoever asked. Whoever closed the output does not want to read it.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// The same as JSON.
pub(super) fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_string_pretty(value).map(say).map_err(Failure::refused)
}

/// A time as RFC 3339 writes it.
pub(super) fn utc(at: UnixTime) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.seconds()).ok().and_then(|at| at.format(&Rfc3339).ok());
    at.unwrap_or_default()
}

/// Rows under a heading, each column as wide as its widest cell.
pub(super) fn say_table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(String::len);
        cells.chain(heading.get(column).map(|cell| cell.len())).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    let line = |cells: [&str; N]| {
        let padded: Vec<_> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        say(padded.join("  ").trim_end());
    };
    line(heading);
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
}

/// Says what went wrong and gives the exit code.
pub(super) fn end(done: Result<(), Failure>) -> ExitCode {
    let Err(failure) = done else { return ExitCode::SUCCESS };
    let _ = writeln!(io::stderr(), "error: {failure}");
    match failure {
        Failure::Setting(_) => ExitCode::from(StartError::EXIT_CODE),
        Failure::Refused(_) => ExitCode::FAILURE,
    }
}
