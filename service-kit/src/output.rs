//! What commands print, and how they end.

use std::{
    error::Error,
    fmt::{Display, Write as _},
    io::{self, Write},
    process,
    sync::OnceLock,
};

use serde::Serialize;

use crate::{error_chain::error_chain, start_error::StartError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A setting or an argument is invalid.
    #[error(transparent)]
    Setting(#[from] StartError),
    /// Settings are invalid; what was printed says which.
    #[error("{0}")]
    InvalidSettings(String),
    /// Arguments that each make sense, but not together.
    #[error("{0}")]
    InvalidArguments(String),
    /// It was refused, or it failed.
    #[error("{0}")]
    Refused(String),
}

impl Failure {
    pub fn refused(why: impl Display) -> Self {
        Self::Refused(why.to_string())
    }

    /// An error with its causes.
    pub fn of(error: impl Error) -> Self {
        Self::Refused(error_chain(&error))
    }
}

/// The first error at writing to standard output.
static OUTPUT_ERROR: OnceLock<String> = OnceLock::new();

/// Prints a line. If it cannot be written, the command goes on and fails at its end; a reader that has seen enough, such as
/// `head`, is no failure.
pub fn say(text: impl Display) {
    if let Err(error) = writeln!(io::stdout(), "{text}")
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = OUTPUT_ERROR.set(error.to_string());
    }
}

/// Prints a line, and fails once standard output is closed.
pub fn try_say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// Prints JSON, and fails if it cannot be written.
pub fn try_say_json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    text.lines().try_for_each(|line| try_say(&printable(line)))
}

/// Prints JSON.
pub fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::refused)?;
    for line in text.lines() {
        say(printable(line));
    }
    Ok(())
}

/// Escapes characters that affect terminals, as in JSON: control characters, and those that change the writing direction.
pub fn printable(text: &str) -> String {
    let is_obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().fold(String::with_capacity(text.len()), |mut printable, c| {
        if is_obeyed(c) {
            // Writing to a string does not fail.
            let _ = write!(printable, "\\u{:04x}", u32::from(c));
        } else {
            printable.push(c);
        }
        printable
    })
}

/// Rows under a heading, each column as wide as its widest cell.
pub fn say_table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) {
    let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(|cell| printable(cell))).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(heading.get(column).map(|cell| cell.len())).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    let line = |cells: [&str; N]| {
        let padded: Vec<_> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        say(padded.join("  ").trim_end());
    };
    line(heading);
    for row in &rows {
        line(row.each_ref().map(String::as_str));
    }
}

/// Prints the error, if any, and ends the process: the runtime would wait for threads that wait for a database which does not
/// respond.
pub fn end(done: Result<(), Failure>) -> ! {
    let written = OUTPUT_ERROR.get().map_or(Ok(()), |error| Err(Failure::refused(cannot_write(error))));
    let Err(failure) = done.and(written) else { process::exit(0) };
    let _ = writeln!(io::stderr(), "error: {failure}");
    process::exit(match failure {
        Failure::Setting(_) | Failure::InvalidSettings(_) | Failure::InvalidArguments(_) => {
            StartError::EXIT_CODE.into()
        }
        Failure::Refused(_) => 1,
    })
}

fn cannot_write(error: impl Display) -> String {
    format!("cannot write to standard output: {error}")
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn control_characters_are_escaped_in_the_output() {
        for (text, shown) in [
            ("Mozilla/5.0 \"x\" \\ ü 用户 हिन्दी", "Mozilla/5.0 \"x\" \\ ü 用户 हिन्दी"),
            ("\u{1b}[2J\n\0\u{7f}\u{9b}31m", r"\u001b[2J\u000a\u0000\u007f\u009b31m"),
            ("a\u{202e}b\u{2066}c\u{2028}", r"a\u202eb\u2066c\u2028"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }
}
