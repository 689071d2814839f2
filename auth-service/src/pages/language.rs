//! The language of a page.

use super::messages::{catalog::Messages, de::GERMAN, en::ENGLISH};

/// The languages of the pages; the first is the one of last resort.
pub static LANGUAGES: [&Messages; 2] = [&ENGLISH, &GERMAN];

/// How many languages of a request are looked at.
const MAX_WISHES: usize = 16;

/// The messages in the language that suits a request best: the first of `ui_locales` that exists (OpenID Connect Core 1.0, section
/// 3.1.2.1), otherwise what the browser prefers.
pub fn messages_for(ui_locales: Option<&str>, accept_language: Option<&str>) -> &'static Messages {
    let asked_for = ui_locales.and_then(|tags| tags.split(' ').take(MAX_WISHES).find_map(find));
    asked_for.or_else(|| accept_language.and_then(preferred)).unwrap_or(&ENGLISH)
}

/// The language of a tag such as `de-CH`.
fn find(tag: &str) -> Option<&'static Messages> {
    let primary = tag.split('-').next()?;
    LANGUAGES.into_iter().find(|messages| messages.tag.eq_ignore_ascii_case(primary))
}

/// The best of `Accept-Language` (RFC 9110, section 12.5.4); of equal ones the first.
fn preferred(header: &str) -> Option<&'static Messages> {
    let mut best: Option<(&Messages, u16)> = None;
    for wish in header.split(',').take(MAX_WISHES) {
        let (tag, parameter) = wish.split_once(';').unwrap_or((wish, "q=1"));
        let Some(messages) = find(tag.trim()) else { continue };
        let weight = weight(parameter.trim());
        if weight > best.map_or(0, |(_, weight)| weight) {
            best = Some((messages, weight));
        }
    }
    best.map(|(messages, _)| messages)
}

/// Thousandths; 0 for what cannot be read.
fn weight(parameter: &str) -> u16 {
    let number = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="));
    let (whole, decimals) = number.map_or(("", ""), |number| number.split_once('.').unwrap_or((number, "")));
    match whole {
        "1" => 1000,
        "0" if decimals.len() <= 3 => format!("{decimals:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::messages_for;

    #[test]
    fn a_page_is_in_the_language_that_the_browser_prefers() {
        for (header, tag) in [
            ("de", "de"),
            ("de-CH, de;q=0.9, en;q=0.8", "de"),
            ("fr, DE;q=0.7, en;q=0.3", "de"),
            ("fr-FR,fr;q=0.9,en;q=0.8,de;q=0.85", "de"),
            ("en-GB, de", "en"),
            ("de;q=0, en;q=0.1", "en"),
            ("de;q=0", "en"),
            ("ja", "en"),
            ("*", "en"),
            ("deutsch", "en"),
            (";;;,,,q=,de;q=1.", "de"),
        ] {
            assert_eq!(messages_for(None, Some(header)).tag, tag, "{header}");
        }
        assert_eq!(messages_for(None, None).tag, "en");
    }

    #[test]
    fn an_application_may_ask_for_another_language() {
        for (locales, tag) in [("de", "de"), ("fr-CA de-AT en", "de"), ("en de", "en"), ("ja", "de"), ("", "de")] {
            assert_eq!(messages_for(Some(locales), Some("de")).tag, tag, "{locales}");
        }
    }
}
