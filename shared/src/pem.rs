//! PEM (RFC 7468) as people and tools write it.
//!
//! A key passes through environment variables, JSON, YAML and editors on its way into the settings. What these do to it is
//! undone: literal `\n` instead of line breaks, CRLF, a byte order mark, quotes, white space, everything on one line. Text and
//! blocks around the key are ignored, such as the parameters and attributes that OpenSSL writes.

use zeroize::Zeroizing;

/// A text with PEM blocks. It may be a private key: it does not print and is wiped when dropped.
pub struct Pem(Zeroizing<String>);

/// A PEM block.
pub struct Block<'a> {
    label: &'a str,
    /// `None` if the END line is missing.
    body: Option<&'a str>,
}

/// Why a block cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPem {
    /// The END line is missing.
    #[error(
        "it is incomplete, without its line \"-----END …-----\": set the whole text, including the lines after the first"
    )]
    Incomplete,
    /// The body is not base64.
    #[error("what is between BEGIN and END is not base64: copy it again from its source")]
    NotBase64,
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

impl Pem {
    /// Reads a text.
    pub fn new(text: &str) -> Self {
        let text = Zeroizing::new(text.replace("\\r", "\n"));
        let text = Zeroizing::new(text.replace("\\n", "\n"));
        // Some JSON encoders escape the slash, which is a digit of base64.
        Self(Zeroizing::new(text.replace("\\/", "/")))
    }

    /// The blocks, in their order.
    pub fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut rest = self.0.as_str();
        while let Some((_, from_label)) = rest.split_once(BEGIN) {
            let Some((label, from_body)) = from_label.split_once(DASHES) else { break };
            let end = format!("-----END {label}-----");
            let (body, after) = match from_body.split_once(&end) {
                Some((body, after)) => (Some(body), after),
                None => (None, from_body),
            };
            blocks.push(Block { label, body });
            rest = after;
        }
        blocks
    }
}

impl Block<'_> {
    /// What the block is, such as `PUBLIC KEY`.
    pub fn label(&self) -> &str {
        self.label
    }

    /// Whether it is a private key under a passphrase (RFC 5958, section 3, or RFC 1421, section 4.6.1.1).
    pub fn is_encrypted(&self) -> bool {
        self.label.starts_with("ENCRYPTED ") || self.body.is_some_and(|body| body.contains("Proc-Type:"))
    }

    /// What the block encodes.
    ///
    /// # Errors
    /// [`InvalidPem`].
    pub fn der(&self) -> Result<Zeroizing<Vec<u8>>, InvalidPem> {
        let body = self.body.ok_or(InvalidPem::Incomplete)?;
        // Decoded in constant time, since it may be a private key: by a strict reader, in the form that this one takes.
        let mut strict = Zeroizing::new(String::with_capacity(body.len() * 2 + 64));
        strict.push_str("-----BEGIN BLOCK-----\n");
        for (place, digit) in body.chars().filter(|digit| !digit.is_whitespace()).enumerate() {
            if place > 0 && place % 64 == 0 {
                strict.push('\n');
            }
            strict.push(digit);
        }
        strict.push_str("\n-----END BLOCK-----\n");
        let decoded = pem_rfc7468::decode_vec(strict.as_bytes()).map(|(_, der)| Zeroizing::new(der));
        decoded.ok().filter(|der| !der.is_empty()).ok_or(InvalidPem::NotBase64)
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidPem, Pem};

    const BODY: &str = "TGluZXMgb2Ygc2l4dHktZm91ciBkaWdpdHMsIGFzIE9wZW5TU0wgd3JpdGVzIHRoZW0/";

    fn decoded(text: &str) -> Vec<(String, Result<Vec<u8>, InvalidPem>)> {
        let pem = Pem::new(text);
        pem.blocks().iter().map(|block| (block.label().to_owned(), block.der().map(|der| der.to_vec()))).collect()
    }

    #[test]
    fn a_block_is_found_however_its_lines_are_written() {
        let (first, second) = BODY.split_at(64);
        let plain = format!("-----BEGIN TEXT-----\n{first}\n{second}\n-----END TEXT-----\n");
        let expected = decoded(&plain);
        assert_eq!(expected[0].1.as_deref(), Ok(&b"Lines of sixty-four digits, as OpenSSL writes them?"[..]));

        for written in [
            plain.replace('\n', "\r\n"),
            plain.replace('\n', "\\n"),
            plain.replace('\n', "\\r\\n"),
            plain.replace('\n', " "),
            plain.replace('\n', "").replace('/', "\\/"),
            plain.replace('\n', "\n    "),
            plain.replace('\n', "  \n\n"),
            format!("\u{feff}{plain}"),
            format!("\"{}\"", plain.replace('\n', "\\n")),
            format!(" '{}' ", plain.trim_end()),
            format!("Bag Attributes\n    friendlyName: issuer\n{plain}"),
            plain.replace(first, &format!("{}\n{}", &first[..10], &first[10..])),
        ] {
            assert_eq!(decoded(&written), expected, "{written}");
        }
    }

    #[test]
    fn a_damaged_block_does_not_hide_others() {
        let good = "-----BEGIN B-----\nQUJD\n-----END B-----\n";

        for (damaged, reason) in [
            ("-----BEGIN A-----\nQUJD\n", InvalidPem::Incomplete),
            ("-----BEGIN A-----\nQUJD\n-----END C-----\n", InvalidPem::Incomplete),
            ("-----BEGIN A-----\n-----END A-----\n", InvalidPem::NotBase64),
            ("-----BEGIN A-----\nQUJ\n-----END A-----\n", InvalidPem::NotBase64),
            ("-----BEGIN A-----\nQU.D\n-----END A-----\n", InvalidPem::NotBase64),
        ] {
            let found = decoded(&format!("{damaged}{good}"));

            assert_eq!(found, [("A".to_owned(), Err(reason)), ("B".to_owned(), Ok(b"ABC".to_vec()))], "{damaged}");
        }
    }

    #[test]
    fn text_without_a_block_has_none() {
        for text in ["", "x", "-----BEGIN ", "-----BEGIN A", "-----END A-----"] {
            assert!(decoded(text).is_empty(), "{text}");
        }
    }
}
