//! The passwords that people choose most often, and attackers try first.
//!
//! The list is the union of two published ones, the list of passwords of `zxcvbn` (MIT) and that of Django (BSD-3-Clause), without
//! entries that are too short to be chosen. One entry is left out: `secret123`, the password of the tutorial's user.

/// In lower case, one per line, in the order of their bytes.
const LIST: &str = include_str!("common-passwords.txt");

/// Whether this is one of them; `folded` is in lower case.
pub fn is_common(folded: &str) -> bool {
    contains(LIST, folded)
}

/// Whether one of the lines, which are sorted, is this one.
fn contains(lines: &str, wanted: &str) -> bool {
    // The lines that may be it begin in here.
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = low.midpoint(high);
        let before = lines.get(low..middle).unwrap_or_default();
        let begin = before.rfind('\n').map_or(low, |at| low + at + 1);
        let line = lines.get(begin..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        match line.cmp(wanted) {
            std::cmp::Ordering::Less => low = begin + line.len() + 1,
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Greater => high = begin,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_and_nothing_between_them() {
        for line in LIST.lines() {
            assert!(is_common(line), "{line}");
            assert!(!is_common(&format!("{line}\u{1}")), "{line}");
        }
        for other in ["", "\n", " ", "~~~~~~~~~~", "correct horse", "password\npassword1"] {
            assert!(!is_common(other), "{other:?}");
        }
    }

    #[test]
    fn the_list_is_sorted_in_lower_case_and_has_what_may_be_chosen() {
        assert!(LIST.lines().is_sorted() && LIST.is_ascii());
        assert!(LIST.lines().all(|line| line.len() >= 8 && line == line.to_lowercase()));
        assert!(LIST.lines().count() > 10_000);
    }

    #[test]
    fn well_known_passwords_are_listed_and_the_tutorials_is_not() {
        for password in ["password", "12345678", "qwertyuiop", "iloveyou1", "p@ssw0rd", "admin123"] {
            assert!(is_common(password), "{password}");
        }
        assert!(!is_common("secret123"));
    }
}
