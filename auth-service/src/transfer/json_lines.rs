//! JSON lines: one object per line.

use std::io::Read;

use super::{
    line::{Line, ReadError},
    raw_lines::RawLines,
    refusal::Refusal,
    row::Row,
};

/// JSON lines.
pub struct JsonLines<R>(RawLines<R>);

impl<R: Read> JsonLines<R> {
    /// Of a file.
    pub fn new(file: R) -> Self {
        Self(RawLines::new(file))
    }

    fn row(&self) -> Result<Row, Refusal> {
        let text = self.0.text()?;
        // serde_json would also read an array of the fields.
        if !text.trim_start().starts_with('{') {
            return Err(Refusal::InvalidJson(1));
        }
        serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Refusal::InvalidField(error.column()),
            _ => Refusal::InvalidJson(error.column()),
        })
    }
}

impl<R: Read> Iterator for JsonLines<R> {
    type Item = Result<Line, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.0.advance() {
            Ok(number) => Some(Ok(Line { number: number?, row: self.row() })),
            Err(error) => Some(Err(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::raw_lines::MAX_LEN, *};

    fn read(text: &[u8]) -> Vec<(u64, Result<Row, Refusal>)> {
        JsonLines::new(text).map(|line| line.map(|Line { number, row }| (number, row)).unwrap()).collect()
    }

    #[test]
    fn fields_may_be_text_or_what_they_are() {
        let lines = "\u{feff}{\"username\":\"ann\",\"password_hash\":\"x\",\"disabled\":true,\"created_at\":7}\r\n\n\
                     {\"username\":\"ann\",\"password_hash\":\"x\",\"disabled\":\"true\",\"created_at\":\"7\",\"role\":null}";
        let text = |text: &str| Some(text.to_owned());
        let ann = || Row {
            username: text("ann"),
            password_hash: text("x"),
            disabled: text("true"),
            created_at: text("7"),
            ..Row::default()
        };

        assert_eq!(read(lines.as_bytes()), [(1, Ok(ann())), (3, Ok(ann()))]);
    }

    #[test]
    fn a_bad_line_is_refused_without_repeating_it() {
        let long = format!("{{\"username\":\"{}\"}}", "x".repeat(MAX_LEN));
        for (line, expected) in [
            (b"{" as &[u8], Refusal::InvalidJson(1)),
            (b"secret", Refusal::InvalidJson(1)),
            (b"[\"secret\", \"secret\"]", Refusal::InvalidJson(1)),
            (b"{\"secret\":1}", Refusal::InvalidField(9)),
            (b"{\"username\":[\"secret\"]}", Refusal::InvalidField(22)),
            (b"{\"username\":\"a\",\"username\":\"b\"}", Refusal::InvalidField(26)),
            (b"\"\xff\"", Refusal::NotUtf8),
            (long.as_bytes(), Refusal::TooLong),
        ] {
            let lines = [line, b"\n{\"username\":\"ann\"}"].concat();

            let mut read = read(&lines);

            assert!(read.pop().is_some_and(|(number, row)| number == 2 && row.is_ok()), "{}", lines.escape_ascii());
            let (_, refused) = read.remove(0);
            let refusal = refused.unwrap_err();
            assert_eq!(std::mem::discriminant(&refusal), std::mem::discriminant(&expected), "{refusal}");
            assert!(!refusal.to_string().contains("secret"), "{refusal}");
        }
    }
}
