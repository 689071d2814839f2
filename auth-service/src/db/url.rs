//! Database URLs.

use std::{fmt, path::PathBuf, str::FromStr};

use service_kit::StartError;
use zeroize::Zeroizing;

use crate::config::{DatabaseConfig, SETTINGS};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite://<path>`: a file, relative to the working directory unless the path begins with a slash.
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`, as libpq reads it; it usually holds a password.
    Postgres(String),
}

/// Why a URL names no database. It does not repeat the URL, which may hold a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// It is of another kind.
    #[error("it must begin with sqlite:// or postgres://")]
    Scheme,
    /// libpq would take a part of the password for the host, and print it in its errors.
    #[error(
        "the username or password contains a character that must be percent-encoded, such as @ as %40 and / as %2F"
    )]
    Unencoded,
    /// A SQLite URL in the form of other programs.
    #[error("sqlite:// must be followed by a path, without `file:` or parameters")]
    SqliteForm,
}

impl DatabaseUrl {
    /// The URL of the database.
    ///
    /// # Errors
    /// [`StartError`] if it is invalid.
    pub fn of(settings: &DatabaseConfig) -> Result<Self, StartError> {
        settings.url.expose().parse().map_err(|error: InvalidDatabaseUrl| {
            let remedy = "Set it to sqlite://<file> or postgres://<user>:<password>@<host>/<database>.";
            StartError::new(SETTINGS.variable("database.url"), error.to_string(), remedy)
        })
    }
}

impl DatabaseUrl {
    /// The user and the password in the URL of a server, where it has one; the user may be empty.
    pub fn credentials(&self) -> Option<(String, Zeroizing<String>)> {
        let Self::Postgres(url) = self else { return None };
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let before_host = place.split_once('@').map_or("", |(before, _)| before);
        let (user, password) = before_host.split_once(':').unwrap_or((before_host, ""));
        let given_last = parameters.split('&').filter_map(|parameter| parameter.strip_prefix("password=")).next_back();
        let text = |encoded: &str| String::from_utf8_lossy(&Zeroizing::new(percent_decoded(encoded))).into_owned();
        let password = given_last.unwrap_or(password);
        (!password.is_empty()).then(|| (text(user), Zeroizing::new(text(password))))
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(url: &str) -> Result<Self, InvalidDatabaseUrl> {
        if !url.starts_with("sqlite://") && (url.starts_with("sqlite:") || url.starts_with("file:")) {
            return Err(InvalidDatabaseUrl::SqliteForm);
        }
        match url.split_once("://") {
            Some(("sqlite", path)) if path.starts_with("file:") || path.starts_with(':') || path.contains('?') => {
                Err(InvalidDatabaseUrl::SqliteForm)
            }
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", rest)) if is_encoded(rest) => Ok(Self::Postgres(url.to_owned())),
            Some(("postgres" | "postgresql", _)) => Err(InvalidDatabaseUrl::Unencoded),
            _ => Err(InvalidDatabaseUrl::Scheme),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Without the user, the password and the parameters, which may hold a password too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "SQLite in {}", path.display()),
            Self::Postgres(url) => write!(f, "PostgreSQL at {}", split(url).0),
        }
    }
}

/// Whether libpq understands the URL as it is meant. Of one that it does not, it would print parts.
fn is_encoded(rest: &str) -> bool {
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let is_plain = !rest.contains(|c: char| c.is_whitespace() || c.is_control());
    let has_escapes = |text: &str| {
        text.split('%').skip(1).all(|tail| tail.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
    };
    // There is at most one `@`, and it ends user and password.
    let is_well_placed = match place.split_once('@') {
        Some((user, host)) => !user.contains('/') && !host.contains('@'),
        None => true,
    };
    // Otherwise a `?` in the password has begun them too early.
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b"_%".contains(&b) || b.is_ascii_digit())
    };
    let are_parameters = parameters
        .split('&')
        .all(|pair| parameters.is_empty() || pair.split_once('=').is_some_and(|(name, _)| is_name(name)));
    is_plain && has_escapes(rest) && is_well_placed && are_parameters
}

/// The same PostgreSQL URL with those of `defaults` that it does not set itself.
pub(super) fn with_default_parameters(url: &str, defaults: &[(&str, &str)]) -> String {
    let (_, parameters) = split(url);
    let is_set = |wanted: &str| {
        let names = parameters.split('&').filter_map(|parameter| parameter.split('=').next());
        names.into_iter().any(|name| percent_decoded(name) == wanted.as_bytes())
    };
    let missing: Vec<_> =
        defaults.iter().filter(|(name, _)| !is_set(name)).map(|(name, value)| format!("{name}={value}")).collect();
    match (missing.is_empty(), parameters.is_empty()) {
        (true, _) => url.to_owned(),
        (false, true) => format!("{}?{}", url.trim_end_matches('?'), missing.join("&")),
        (false, false) => format!("{url}&{}", missing.join("&")),
    }
}

/// The same PostgreSQL URL with a setting for the server to begin the session with, besides its own options.
pub(super) fn with_option(url: &str, (name, value): (&str, &str)) -> String {
    let option = format!("-c%20{name}%3D{value}");
    let (_, parameters) = split(url);
    let own = parameters
        .split('&')
        .rfind(|parameter| parameter.split('=').next().is_some_and(|name| percent_decoded(name) == b"options"));
    match own {
        None => with_default_parameters(url, &[("options", &option)]),
        // Of a parameter given twice, libpq takes the last.
        Some(own) => format!("{url}&{own}%20{option}"),
    }
}

/// Host and database of a PostgreSQL URL, and its parameters, found as libpq finds them: what stands before an `@` that
/// comes before any slash is user and password, whatever characters they hold. (libpq takes several hosts, and none at
/// all, so that a general URL parser refuses what it takes.)
fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end_of_user = rest.find(['@', '/']).filter(|at| rest.as_bytes().get(*at) == Some(&b'@'));
    let place = end_of_user.and_then(|at| rest.get(at + 1..)).unwrap_or(rest);
    place.split_once('?').unwrap_or((place, ""))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = text_of(tail).filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    decoded
}

/// The two characters after a percent sign.
fn text_of(tail: &[u8]) -> Option<&str> {
    tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: [(&str, &str); 1] = [("connect_timeout", "2")];

    #[test]
    fn a_default_is_added_unless_the_url_sets_the_parameter() {
        for (url, expected) in [
            ("postgres://h/db", "postgres://h/db?connect_timeout=2"),
            ("postgres://h/db?", "postgres://h/db?connect_timeout=2"),
            ("postgres:///db?host=/tmp", "postgres:///db?host=/tmp&connect_timeout=2"),
            ("postgres://h/db?connect_timeout=9", "postgres://h/db?connect_timeout=9"),
            ("postgres://h/db?a=b&connect%5Ftimeout=9", "postgres://h/db?a=b&connect%5Ftimeout=9"),
            ("postgres://a:1,b:2/db", "postgres://a:1,b:2/db?connect_timeout=2"),
        ] {
            assert_eq!(with_default_parameters(url, &TIMEOUT), expected);
        }
    }

    #[test]
    fn an_option_is_added_to_those_of_the_url() {
        let option = ("a.b", "on");

        for (url, expected) in [
            ("postgres://h/db", "postgres://h/db?options=-c%20a.b%3Don"),
            ("postgres://h/db?a=b", "postgres://h/db?a=b&options=-c%20a.b%3Don"),
            (
                "postgres://h/db?options=-cx%3D1&a=b",
                "postgres://h/db?options=-cx%3D1&a=b&options=-cx%3D1%20-c%20a.b%3Don",
            ),
        ] {
            assert_eq!(with_option(url, option), expected);
        }
    }

    #[test]
    fn a_password_or_value_that_looks_like_a_parameter_is_not_one() {
        for url in [
            "postgres://u:connect_timeout=9@h/db",
            "postgres://u:x?connect_timeout=9@h/db",
            "postgres://connect_timeout/connect_timeout",
            "postgres://h/db?application_name=connect_timeout",
            "postgres://h/db?my_connect_timeout=9",
        ] {
            let separator = if url.contains("db?") { '&' } else { '?' };

            assert_eq!(with_default_parameters(url, &TIMEOUT), format!("{url}{separator}connect_timeout=2"));
        }
    }

    #[test]
    fn urls_that_libpq_would_take_apart_elsewhere_are_refused_without_being_repeated() {
        for url in [
            "postgres://u:pa@55word@h/db",
            "postgres://u:pa/55word@h/db",
            "postgres://u:pa?55word@h/db",
            "postgres://u:pa/55@word@h/db",
            "postgres://u:pa 55word@h/db",
            "postgres://u:pa%55zz%zz@h/db",
            "postgres://u:pa?55word",
            "postgres://u:55?x@y",
        ] {
            let refused = url.parse::<DatabaseUrl>().err().unwrap();

            assert_eq!(refused, InvalidDatabaseUrl::Unencoded, "{url}");
            assert!(!refused.to_string().contains("55"));
        }
        for url in [
            "postgres://u:p%40ss@h/db",
            "postgres:///db?host=/tmp",
            "postgres://h/db?password=x@y",
            "postgres://h",
            "postgres://h?user=me@example.com",
            "postgres://a:1,b:2/db?target_session_attrs=primary",
        ] {
            assert!(url.parse::<DatabaseUrl>().is_ok(), "{url}");
        }
    }

    #[test]
    fn sqlite_urls_of_other_programs_are_refused() {
        for url in [
            "sqlite://file:data.db?mode=rwc",
            "sqlite://data.db?mode=rwc",
            "sqlite://file:data.db",
            "sqlite://:memory:",
            "sqlite:data.db",
            "sqlite:/data.db",
            "file:data.db",
        ] {
            assert_eq!(url.parse::<DatabaseUrl>().err(), Some(InvalidDatabaseUrl::SqliteForm), "{url}");
        }
    }

    #[test]
    fn displayed_settings_contain_no_secret() {
        for url in [
            "postgres://u:pa55word@h:1/db",
            "postgres://h:1/db?password=x@pa55word",
            "postgres://h:1/db?password=pa55word",
        ] {
            assert_eq!(url.parse::<DatabaseUrl>().unwrap().to_string(), "PostgreSQL at h:1/db");
        }
        let several = "postgres://u:pa55word@a:1,b:2,c:3/db?target_session_attrs=read-write";
        assert_eq!(several.parse::<DatabaseUrl>().unwrap().to_string(), "PostgreSQL at a:1,b:2,c:3/db");
    }
}
