//! HTML escaping.

use std::fmt::{self, Display, Formatter};

/// Text with HTML's special characters escaped.
pub(crate) struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            char => write!(f, "{char}"),
        })
    }
}

/// The same, with text between backticks as code.
pub(crate) struct Prose<'a>(pub &'a str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.split('`').enumerate().try_for_each(|(place, part)| {
            if place % 2 == 0 { write!(f, "{}", Escaped(part)) } else { write!(f, "<code>{}</code>", Escaped(part)) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_characters_are_escaped() {
        assert_eq!(Escaped(r#"<a href="x">&</a>"#).to_string(), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
    }

    #[test]
    fn text_in_backticks_is_code() {
        assert_eq!(
            Prose("See `<code>`, not `this").to_string(),
            "See <code>&lt;code&gt;</code>, not <code>this</code>"
        );
    }
}
