//! Usernames.

use std::str::FromStr;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

/// A username as registered, and the key that names are compared by.
///
/// Names are compared without regard to case and after normalization, as Unicode's `NFKC_Casefold` does it: `Müller`,
/// `MÜLLER` and `Mu\u{308}ller` are one name, and invisible characters make no difference.
///
/// No name has the suffix of client ids, so that `sub` distinguishes users from clients (RFC 9068, section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username {
    text: String,
    key: String,
}

/// The suffix of client ids, which usernames never have.
pub const CLIENT_SUFFIX: &str = "@clients";

/// An invalid username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "A username must have 1 to 80 characters, no control characters, and no leading or trailing white space, and must \
     not end in @clients"
)]
pub struct InvalidUsername;

impl Username {
    /// In characters (Unicode scalar values).
    const MAX_LEN: usize = 80;
    /// More than 80 characters take in any normalization form that people type.
    const MAX_BYTES: usize = 1024;

    /// Folds a part of a name, for comparison with keys.
    pub fn fold_part(text: &str) -> String {
        fold(&ComposingNormalizerBorrowed::new_nfc().normalize(text))
    }

    /// As registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key for comparisons.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for Username {
    type Err = InvalidUsername;

    fn from_str(text: &str) -> Result<Self, InvalidUsername> {
        // Normalizing takes time.
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidUsername);
        }
        let text = ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned();
        let key = fold(&text);
        let is_good = !key.is_empty()
            && text.chars().count() <= Self::MAX_LEN
            && !text.chars().any(char::is_control)
            && text.trim() == text
            && key.trim() == key
            && !key.ends_with(CLIENT_SUFFIX);
        if is_good { Ok(Self { text, key }) } else { Err(InvalidUsername) }
    }
}

/// `NFKC_Casefold` (Unicode, section 3.13.3): removes invisible characters, folds case, and normalizes for compatibility.
fn fold(text: &str) -> String {
    let nfkc = ComposingNormalizer::new_nfkc();
    let case = CaseMapper::new();
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let visible: String = nfkc.normalize(text).chars().filter(|c| !ignorable.contains(*c)).collect();
    nfkc.normalize(&case.fold_string(&visible)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_by_case_or_by_encoding_are_one_name() {
        for (one, other) in [
            ("john", "JOHN"),
            ("Straße", "STRASSE"),
            ("Müller", "Mu\u{308}ller"),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
            ("ﬁona", "fiona"),
            ("ｊｏｈｎ", "john"),
            ("jo\u{200b}hn", "john"),
        ] {
            let (one, other): (Username, Username) = (one.parse().unwrap(), other.parse().unwrap());

            assert_eq!(one.key(), other.key());
        }
    }

    #[test]
    fn different_names_stay_different() {
        let (one, other): (Username, Username) = ("jöhn".parse().unwrap(), "john".parse().unwrap());

        assert_ne!(one.key(), other.key());
    }

    #[test]
    fn a_name_keeps_the_case_it_was_registered_in() {
        assert_eq!("John".parse::<Username>().unwrap().as_str(), "John");
    }

    #[test]
    fn an_invalid_name_is_refused() {
        let too_long = "x".repeat(81);

        for text in [
            "",
            " ",
            " john",
            "john\t",
            "jo\0hn",
            "jo\nhn",
            "\u{200b}",
            "\u{200b} john",
            "\u{a0}john",
            "jo\u{85}hn",
            "john@clients",
            "John@Clients",
            "john＠clients",
            "john@cli\u{200b}ents",
            &too_long,
        ] {
            assert_eq!(text.parse::<Username>(), Err(InvalidUsername), "{text:?}");
        }
        assert!("ü".repeat(80).parse::<Username>().is_ok());
    }
}
