//! Names that people take for another name (Unicode Technical Standard 39).

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};
use unicode_security::{MixedScript, confusable_detection};

use super::username::Username;

/// Why a name is not given to a new user, though users who have it can log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedName {
    /// It is `.` or `..`, which URLs cannot have as a part of the path.
    #[error("A username must not be . or ..")]
    PathSegment,
    /// It has a character that is not seen, or that turns the direction of the text.
    #[error("A username must not contain invisible characters or characters that change the direction of text")]
    Invisible,
    /// It mixes alphabets.
    #[error("A username must not mix letters of different alphabets")]
    MixedScripts,
}

/// Checks the name of a new user. ASCII names are not restricted beyond [`Username`]'s own rules, except `.` and `..`.
///
/// # Errors
/// [`RefusedName`].
pub fn check_new(name: &Username) -> Result<(), RefusedName> {
    let text = name.as_str();
    if matches!(text, "." | "..") {
        return Err(RefusedName::PathSegment);
    }
    if text.chars().any(is_invisible) {
        return Err(RefusedName::Invisible);
    }
    if text.is_single_script() || is_east_asian_with_ascii(text) { Ok(()) } else { Err(RefusedName::MixedScripts) }
}

/// Whether nothing is seen of a character, or nobody knows what: format and control characters, among them those that change
/// the direction of text, private and unassigned ones, and blanks other than the space.
fn is_invisible(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, SpaceSeparator, Unassigned};
    const BRAILLE_BLANK: char = '\u{2800}';
    let is_ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let is_blank = matches!(
        category,
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | SpaceSeparator | Unassigned
    );
    is_ignorable || c == BRAILLE_BLANK || (is_blank && c != ' ')
}

/// Latin letters beside those of one East Asian language are usual (UTS 39, section 5.2, *Highly Restrictive*).
fn is_east_asian_with_ascii(text: &str) -> bool {
    let others: String = text.chars().filter(|c| !c.is_ascii()).collect();
    let scripts = others.as_str().resolve_script_set();
    scripts.hanb || scripts.jpan || scripts.kore
}

/// What two names have in common that look alike. ASCII names are compared with other names but not
/// with each other, since people know that `l` and `1` differ.
pub struct Skeleton {
    text: String,
    is_ascii: bool,
}

impl Skeleton {
    /// Of a name.
    pub fn of(name: &Username) -> Self {
        Self { text: confusable_detection::skeleton(name.key()).collect(), is_ascii: name.as_str().is_ascii() }
    }

    /// As stored.
    pub fn stored(&self) -> String {
        format!("{}{}", if self.is_ascii { ASCII } else { OTHER }, self.text)
    }

    /// The stored skeletons of other names that look like this one.
    pub fn look_alikes(&self) -> Vec<String> {
        let marks: &[&str] = if self.is_ascii { &[OTHER] } else { &[ASCII, OTHER] };
        marks.iter().map(|mark| format!("{mark}{}", self.text)).collect()
    }
}

const ASCII: &str = "a:";
const OTHER: &str = "o:";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), RefusedName> {
        check_new(&text.parse().unwrap())
    }

    fn are_alike(one: &str, other: &str) -> bool {
        let (one, other): (Username, Username) = (one.parse().unwrap(), other.parse().unwrap());
        Skeleton::of(&one).look_alikes().contains(&Skeleton::of(&other).stored())
    }

    #[test]
    fn names_as_people_have_them_are_accepted() {
        for name in [
            "john",
            "John Smith",
            "john.smith@example.com",
            "o'brien",
            "Müller",
            "Straße",
            "Łukasz",
            "Иван",
            "Ελένη",
            "田中太郎",
            "さくら",
            "김철수",
            "محمد",
            "דוד",
            "tanaka田中",
            "...",
            "a",
            "1",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_deceive_are_refused() {
        for (name, expected) in [
            (".", RefusedName::PathSegment),
            ("..", RefusedName::PathSegment),
            ("ad\u{200b}min", RefusedName::Invisible),
            ("ad\u{ad}min", RefusedName::Invisible),
            ("\u{202e}nimda", RefusedName::Invisible),
            ("admin\u{200f}", RefusedName::Invisible),
            ("admin\u{fe0f}x", RefusedName::Invisible),
            ("аdmin", RefusedName::MixedScripts),
            ("admіn", RefusedName::MixedScripts),
            ("αdmin", RefusedName::MixedScripts),
            ("john\u{2800}", RefusedName::Invisible),
            ("john\u{3000}smith", RefusedName::Invisible),
            ("\u{e000}x", RefusedName::Invisible),
            ("john\u{10ffff}", RefusedName::Invisible),
        ] {
            assert_eq!(check(name), Err(expected), "{name:?}");
        }
    }

    #[test]
    fn a_name_in_another_alphabet_looks_like_a_name_in_ascii() {
        assert!(are_alike("сосо", "coco"));
        assert!(are_alike("coco", "сосо"));
        assert!(are_alike("СОСО", "coco"));
        assert!(!are_alike("иван", "ivan"));
    }

    #[test]
    fn names_in_ascii_are_compared_by_their_characters() {
        assert!(!are_alike("bill1", "billl"));
    }
}
