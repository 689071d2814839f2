//! Log records as text.

use std::{
    fmt::{self, Display, Write as _},
    io::{self, Write},
};

use log::{
    Record,
    kv::{Error, Key, Value, VisitSource},
};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::request_context::with_request_id;

/// One record, one line: `[time LEVEL target] message request_id=… key=value`. `style` colors the level.
pub(super) fn write_plain(
    out: &mut impl Write,
    timestamp: impl Display,
    style: impl Display,
    record: &Record<'_>,
) -> io::Result<()> {
    let mut line = format!("[{timestamp} ");
    let reset = if style.to_string().is_empty() { "" } else { "\u{1b}[0m" };
    // Writing to a string does not fail.
    let _ = write!(line, "{style}{:<5}{reset} {}] ", record.level(), record.target());
    let _ = write!(OneLine(&mut line), "{}", record.args());
    with_request_id(|id| id.map(|id| write!(line, " request_id={id}")));
    let _ = record.key_values().visit(&mut PlainFields(&mut line));
    writeln!(out, "{line}")
}

/// One record, one JSON object on a line of its own.
pub(super) fn write_json(out: &mut impl Write, timestamp: impl Display, record: &Record<'_>) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        timestamp: String,
        level: &'static str,
        target: &'a str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Map::is_empty")]
        fields: Map<String, Json>,
    }
    let mut fields = JsonFields(Map::new());
    let _ = record.key_values().visit(&mut fields);
    with_request_id(|request_id| {
        let line = Line {
            timestamp: timestamp.to_string(),
            level: record.level().as_str(),
            target: record.target(),
            message: record.args().to_string(),
            request_id,
            fields: fields.0,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    })
}

/// Escapes control characters, so that no request can forge a line.
struct OneLine<'a>(&'a mut String);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if char.is_control() { self.0.extend(char.escape_default()) } else { self.0.push(char) }
        }
        Ok(())
    }
}

struct PlainFields<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for PlainFields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let text = value.to_string();
        let is_plain = !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '"');
        let written = if is_plain { write!(self.0, " {key}={text}") } else { write!(self.0, " {key}={text:?}") };
        written.map_err(Error::from)
    }
}

struct JsonFields(Map<String, Json>);

impl<'kvs> VisitSource<'kvs> for JsonFields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let json = if let Some(number) = value.to_u64() {
            number.into()
        } else if let Some(number) = value.to_i64() {
            number.into()
        } else if let Some(number) = value.to_f64() {
            number.into()
        } else if let Some(flag) = value.to_bool() {
            flag.into()
        } else {
            value.to_string().into()
        };
        self.0.insert(key.to_string(), json);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use log::Level;

    use super::*;
    use crate::request_context::ThreadRequestId;

    fn written(write: impl Fn(&mut Vec<u8>, &Record<'_>)) -> String {
        let fields = [("route", Value::from("/me")), ("status", Value::from(500)), ("cause", Value::from("two words"))];
        let mut id = Some(HeaderValue::from_static("given-1"));
        let _guard = ThreadRequestId::new(&mut id);
        let mut out = Vec::new();
        let mut builder = Record::builder();
        builder.level(Level::Warn).target("here").key_values(&fields);
        write(&mut out, &builder.args(format_args!("first\nsecond \"{}\"", 1)).build());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_plain_record_is_one_line_with_the_request_id_and_the_fields() {
        let line = written(|out, record| write_plain(out, "T", "", record).unwrap());

        assert_eq!(
            line,
            "[T WARN  here] first\\nsecond \"1\" request_id=given-1 route=/me status=500 cause=\"two words\"\n"
        );
    }

    #[test]
    fn a_json_record_is_one_object_with_the_request_id_and_the_fields() {
        let line = written(|out, record| write_json(out, "T", record).unwrap());

        let expected = serde_json::json!({
            "timestamp": "T",
            "level": "WARN",
            "target": "here",
            "message": "first\nsecond \"1\"",
            "request_id": "given-1",
            "fields": { "route": "/me", "status": 500, "cause": "two words" },
        });
        assert_eq!(serde_json::from_str::<Json>(&line).unwrap(), expected);
        assert_eq!(line.matches('\n').count(), 1);
    }
}
