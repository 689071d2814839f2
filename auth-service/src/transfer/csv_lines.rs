//! Lines of CSV (RFC 4180).

use std::io::Read;

use super::{
    csv_fields::CsvFields,
    line::{Line, ReadError},
    raw_lines::RawLines,
    refusal::Refusal,
    row::{FIELDS, Row},
};

/// Lines of CSV after the header. No field has a line break, so a missing quotation mark affects one line only.
pub struct CsvLines<R> {
    lines: RawLines<R>,
    fields: CsvFields,
    /// For each column its position in [`FIELDS`].
    columns: Vec<usize>,
}

impl<R: Read> CsvLines<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn open(file: R) -> Result<Self, ReadError> {
        let (mut lines, mut fields) = (RawLines::new(file), CsvFields::new());
        lines.advance()?;
        let header = lines.text().and_then(|line| fields.split(line)).map_err(|_| ReadError::UnknownColumn(1))?;
        let mut columns = Vec::new();
        for (number, name) in (1..).zip(&header).filter(|(_, name)| header.len() > 1 || !name.is_empty()) {
            let field = FIELDS.iter().position(|field| *field == name.trim());
            let field = field.filter(|field| !columns.contains(field)).ok_or(ReadError::UnknownColumn(number))?;
            columns.push(field);
        }
        for (field, name) in FIELDS.iter().enumerate().take(2) {
            if !columns.contains(&field) {
                return Err(ReadError::MissingColumn(name));
            }
        }
        Ok(Self { lines, fields, columns })
    }

    fn row(&mut self) -> Result<Row, Refusal> {
        let fields = self.fields.split(self.lines.text()?)?;
        let (expected, found) = (self.columns.len(), fields.len());
        if expected != found {
            return Err(Refusal::FieldCount { expected, found });
        }
        let mut row = Row::default();
        for (column, text) in self.columns.iter().zip(fields) {
            row.set(*column, text);
        }
        Ok(row)
    }
}

impl<R: Read> Iterator for CsvLines<R> {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.advance() {
            Ok(number) => Some(Ok(Line { number: number?, row: self.row() })),
            Err(error) => Some(Err(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::raw_lines::MAX_LEN, *};

    fn read(text: &[u8]) -> Vec<(u64, Result<[String; 3], Refusal>)> {
        let lines = CsvLines::open(text).unwrap().map(|line| {
            let Line { number, row } = line.unwrap();
            let row = row.map(|row| [row.username, row.password_hash, row.role].map(Option::unwrap_or_default));
            (number, row)
        });
        lines.collect()
    }

    fn row(values: [&str; 3]) -> [String; 3] {
        values.map(str::to_owned)
    }

    #[test]
    fn quotes_line_ends_and_a_byte_order_mark_are_read() {
        let expected = vec![(2, Ok(row(["o\"brien, j", "$2b$x", ""]))), (3, Ok(row(["ann", "$2b$y", "admin"])))];

        for text in [
            "username,password_hash,role\n\"o\"\"brien, j\",$2b$x,\nann,\"$2b$y\",admin\n",
            "\u{feff}username,password_hash,role\r\n\"o\"\"brien, j\",$2b$x,\r\nann,\"$2b$y\",admin",
            "\u{feff}\"username\", password_hash ,role\r\n\"o\"\"brien, j\",$2b$x,\r\nann,$2b$y,admin\r\n\r\n",
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_bad_line_does_not_affect_the_others() {
        let mut text = b"username,password_hash,role\nann\n\njohn,x,user,more\n\xff,x,user\n".to_vec();
        text.extend(format!("{},x,user\n", "x".repeat(MAX_LEN)).into_bytes());
        text.extend(b"\"john\nx\",x,user\nbob,x,user\n");

        let read = read(&text);

        let count = |found| Err(Refusal::FieldCount { expected: 3, found });
        let expected = vec![
            (2, count(1)),
            (4, count(4)),
            (5, Err(Refusal::NotUtf8)),
            (6, Err(Refusal::TooLong)),
            (7, Err(Refusal::QuotationMark)),
            (8, Err(Refusal::QuotationMark)),
            (9, Ok(row(["bob", "x", "user"]))),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn a_header_that_does_not_name_the_columns_is_refused_and_not_repeated() {
        for (text, expected) in [
            ("", "there is no column username"),
            // From old systems, whose lines end like this.
            ("username,password_hash\rann,secret1\r", "column 1 is unknown or repeated"),
            ("username\n", "there is no column password_hash"),
            ("username,password_hash,username\n", "column 3 is unknown or repeated"),
            ("username,password_hash,secret1\n", "column 3 is unknown or repeated"),
            ("secret1,secret2\n", "column 1 is unknown or repeated"),
        ] {
            let error = CsvLines::open(text.as_bytes()).map(drop).unwrap_err().to_string();

            assert!(error.contains(expected) && !error.contains("secret"), "{text:?}: {error}");
        }
    }
}
