//! E-mail addresses.

use std::{fmt, str::FromStr};

/// An e-mail address, as far as its form tells: whether it exists shows only a message that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(String);

/// RFC 5321, section 4.5.3.1.3: a path of 256 bytes without its angle brackets.
const MAX_LEN: usize = 254;

/// The text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address of at most {MAX_LEN} bytes")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidEmailAddress> {
        let is_part = |part: &str| !part.is_empty() && !part.contains(is_forbidden);
        let is_valid = text.len() <= MAX_LEN
            && text.split_once('@').is_some_and(|(mailbox, domain)| is_part(mailbox) && is_part(domain));
        is_valid.then(|| Self(text.to_owned())).ok_or(InvalidEmailAddress)
    }
}

/// Quoted mailboxes are not accepted, nor what could add a recipient or a header to a message.
fn is_forbidden(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '@' | '"' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_mailbox_and_a_domain() {
        let long = format!("{}@example.com", "x".repeat(242));
        for good in ["ann@example.com", "ann+shop@example.com", "jürgen@example.de", "o'brien@localhost", &*long] {
            assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
        }
        for bad in
            ["", "ann", "@example.com", "ann@", "a@b@c", "ann @example.com", "<ann@example.com>", &format!("x{long}")]
        {
            assert_eq!(bad.parse::<EmailAddress>(), Err(InvalidEmailAddress), "{bad:?}");
        }
        for bad in
            ["ann@example.com\r\nBcc: eve@example.com", "ann@example.com,eve", "\"ann\"@example.com", "ann\u{0}@b"]
        {
            assert_eq!(bad.parse::<EmailAddress>(), Err(InvalidEmailAddress), "{bad:?}");
        }
    }
}
