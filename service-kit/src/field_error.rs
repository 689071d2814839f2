//! Error messages for invalid fields of a request.

use std::fmt::Display;

use serde_path_to_error::Error;

/// Describes which field is invalid and what is expected: ``missing field `username` ``. The value is left out, since it may be
/// a secret and messages are logged.
pub(crate) fn describe<E: Display>(error: &Error<E>) -> String {
    let reason = without_value(&error.inner().to_string());
    match error.path().to_string().as_str() {
        "." => reason,
        _ if reason.contains("field `") => reason,
        path => format!("`{path}`: {reason}"),
    }
}

fn without_value(message: &str) -> String {
    const WITH_VALUE: [&str; 4] = ["invalid type", "invalid value", "invalid length", "unknown variant"];
    // serde_json appends the position.
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let kind = WITH_VALUE.iter().find(|kind| message.starts_with(**kind));
    match kind.zip(message.rsplit_once(", expected ")) {
        Some((kind, (_, expected))) => format!("{kind}, expected {expected}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::without_value;

    #[test]
    fn a_message_has_the_expected_type_but_not_the_value_sent() {
        for (message, shown) in [
            ("missing field `username` at line 1 column 2", "missing field `username`"),
            (
                "invalid type: string \"hunter2\", expected a boolean at line 1 column 20",
                "invalid type, expected a boolean",
            ),
            ("invalid type: string \"a, expected b\", expected u16", "invalid type, expected u16"),
            ("invalid value: integer `0`, expected 1 to 1000", "invalid value, expected 1 to 1000"),
            ("unknown variant `x`, expected `current`", "unknown variant, expected `current`"),
            ("invalid digit found in string", "invalid digit found in string"),
        ] {
            assert_eq!(without_value(message), shown);
        }
    }
}
