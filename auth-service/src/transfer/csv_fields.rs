//! The fields of a line of CSV.

use csv_core::{ReadRecordResult, Reader};

use super::refusal::Refusal;

/// Splits lines of CSV, all with the same reader: making one takes longer than reading a line with it.
pub(super) struct CsvFields {
    /// Boxed, since its tables are large.
    reader: Box<Reader>,
    line: Vec<u8>,
    text: Vec<u8>,
    /// Where each field ends in the text.
    ends: Vec<usize>,
}

impl CsvFields {
    pub(super) fn new() -> Self {
        // Not `default()`, which has no states and takes every line for an empty field.
        Self { reader: Box::new(Reader::new()), line: Vec::new(), text: Vec::new(), ends: Vec::new() }
    }

    /// The fields of a line. None of them has a line break.
    ///
    /// # Errors
    /// [`Refusal::QuotationMark`].
    pub(super) fn split(&mut self, line: &str) -> Result<Vec<&str>, Refusal> {
        if line.is_empty() {
            return Ok(Vec::new());
        }
        // Within a field, they are doubled.
        let is_odd = line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        if is_odd || line.contains(['\r', '\n']) {
            return Err(Refusal::QuotationMark);
        }
        self.line.clear();
        self.line.extend_from_slice(line.as_bytes());
        self.line.push(b'\n');
        // One more than there can be, because the reader takes a full buffer for one that is too small.
        self.text.resize(self.line.len() + 1, 0);
        self.ends.resize(line.bytes().filter(|byte| *byte == b',').count() + 2, 0);
        self.reader.reset();
        let (result, _, _, count) = self.reader.read_record(&self.line, &mut self.text, &mut self.ends);
        // Otherwise a quoted field is not closed.
        if result != ReadRecordResult::Record {
            return Err(Refusal::QuotationMark);
        }
        let mut begin = 0;
        let fields = self.ends.iter().take(count).map(|end| {
            let field = self.text.get(begin..*end).unwrap_or_default();
            begin = *end;
            str::from_utf8(field).map_err(|_| Refusal::NotUtf8)
        });
        fields.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_the_same_reader_one_line_after_another() {
        let mut fields = CsvFields::new();

        for (line, expected) in [
            ("a,b", &["a", "b"] as &[_]),
            ("\"a,\"\"b\"\"\",", &["a,\"b\"", ""]),
            ("", &[]),
            ("\"\"", &[""]),
            (",,", &["", "", ""]),
            ("ü b,\"ü\"", &["ü b", "ü"]),
            ("a\"b\"c", &["a\"b\"c"]),
        ] {
            assert_eq!(fields.split(line), Ok(expected.to_vec()), "{line}");
        }
    }

    #[test]
    fn a_line_break_and_a_missing_quotation_mark_do_not_affect_the_next_line() {
        let mut fields = CsvFields::new();

        for line in ["\"a", "a,\"b\"\"", "a\"b,\"c", "ann,x\rbob,x", "\"a\rb\""] {
            assert_eq!(fields.split(line), Err(Refusal::QuotationMark), "{line}");
            assert_eq!(fields.split("a,b"), Ok(vec!["a", "b"]));
        }
    }
}
