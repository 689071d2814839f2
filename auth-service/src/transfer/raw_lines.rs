//! The lines of a file as bytes.

use std::io::{self, BufRead, BufReader, Read};

use super::refusal::Refusal;

/// The lines of a file as bytes, one at a time.
pub(super) struct RawLines<R> {
    reader: BufReader<R>,
    number: u64,
    bytes: Vec<u8>,
}

/// More than any user takes.
pub(super) const MAX_LEN: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl<R: Read> RawLines<R> {
    pub(super) fn new(file: R) -> Self {
        Self { reader: BufReader::with_capacity(MAX_LEN, file), number: 0, bytes: Vec::new() }
    }

    /// Goes to the next line that has something in it, and returns its number, from 1.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn advance(&mut self) -> io::Result<Option<u64>> {
        while self.read()? {
            if !self.content().is_empty() {
                return Ok(Some(self.number));
            }
        }
        Ok(None)
    }

    /// The line without a byte order mark and white space around it.
    ///
    /// # Errors
    /// [`Refusal`] if it is too long, or no text.
    pub(super) fn text(&self) -> Result<&str, Refusal> {
        if self.bytes.len() > MAX_LEN {
            return Err(Refusal::TooLong);
        }
        str::from_utf8(self.content()).map_err(|_| Refusal::NotUtf8)
    }

    /// Reads a line, of one that is too long only the beginning. Whether there is one.
    fn read(&mut self) -> io::Result<bool> {
        self.bytes.clear();
        self.number += 1;
        let limit = u64::try_from(MAX_LEN).unwrap_or(u64::MAX).saturating_add(1);
        self.reader.by_ref().take(limit).read_until(b'\n', &mut self.bytes)?;
        if self.bytes.len() > MAX_LEN && !self.bytes.ends_with(b"\n") {
            self.reader.skip_until(b'\n')?;
        }
        Ok(!self.bytes.is_empty())
    }

    fn content(&self) -> &[u8] {
        let bytes = self.bytes.as_slice();
        let bytes = if self.number == 1 { bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes) } else { bytes };
        bytes.trim_ascii_end()
    }
}
