//! A user from a file.

use argon2::Params;
use shared::{Role, UnixTime};

use super::{refusal::Refusal, row::Row};
use crate::{
    times,
    users::{
        email_address::EmailAddress,
        look_alike::{Skeleton, check_new},
        stored_hash::StoredHash,
        username::Username,
    },
};

/// A user from a file, valid by the rules for new users.
pub struct ImportedUser {
    /// The name.
    pub username: Username,
    /// What other names must not look like.
    pub skeleton: Skeleton,
    /// As the file has it: verifiable, within the limits on cost.
    pub password_hash: String,
    /// The role.
    pub role: Role,
    /// Whether the user may not log in.
    pub is_disabled: bool,
    /// If the file says so.
    pub created_at: Option<UnixTime>,
    /// The e-mail address, which nobody has verified here.
    pub email: Option<EmailAddress>,
}

impl ImportedUser {
    /// Reads the fields. `settings` are the parameters of new hashes.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn parse(row: Row, settings: &Params, now: UnixTime) -> Result<Self, Refusal> {
        let Row { username, password_hash, role, email, disabled, created_at } = row;
        let username: Username = username.ok_or(Refusal::Missing("username"))?.parse()?;
        check_new(&username)?;
        let password_hash = password_hash.ok_or(Refusal::Missing("password_hash"))?;
        StoredHash::parse(&password_hash, settings)?;
        Ok(Self {
            skeleton: Skeleton::of(&username),
            username,
            password_hash,
            role: role.map_or(Ok(Role::USER), |role| role.parse())?,
            is_disabled: disabled.map_or(Ok(false), |text| flag(&text))?,
            created_at: created_at.map(|text| past(&text, now)).transpose()?,
            email: email.map(|email| email.parse()).transpose()?,
        })
    }
}

/// As programs and databases write it.
fn flag(text: &str) -> Result<bool, Refusal> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" => Ok(true),
        "false" | "f" | "0" | "no" => Ok(false),
        _ => Err(Refusal::Disabled),
    }
}

/// A time of the past, in UTC if it has no offset. Databases write a space for the `T`, and offsets without minutes.
fn past(text: &str, now: UnixTime) -> Result<UnixTime, Refusal> {
    let text = text.replacen(' ', "T", 1);
    let spellings = [text.clone(), format!("{text}Z"), format!("{text}:00")];
    let at = spellings.iter().find_map(|text| times::parse(text).ok()).ok_or(Refusal::CreatedAt)?;
    if at.seconds() < 0 || at > now { Err(Refusal::ImpossibleCreation) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_795_532_400);

    #[test]
    fn times_and_flags_are_read_as_databases_write_them() {
        for text in [
            "1795532399",
            "2026-11-24T14:59:59Z",
            "2026-11-24T15:59:59+01:00",
            "2026-11-24 14:59:59",
            "2026-11-24 14:59:59.123456",
            "2026-11-24 14:59:59.123456+00",
        ] {
            assert_eq!(past(text, NOW), Ok(UnixTime::from_seconds(1_795_532_399)), "{text}");
        }
        for (text, refusal) in [
            ("1795532401", Refusal::ImpossibleCreation),
            ("-1", Refusal::ImpossibleCreation),
            ("1969-12-31", Refusal::ImpossibleCreation),
            ("yesterday", Refusal::CreatedAt),
        ] {
            assert_eq!(past(text, NOW), Err(refusal), "{text}");
        }
        assert_eq!(["true", "T", "1", "YES"].map(flag), [const { Ok(true) }; 4]);
        assert_eq!(["false", "f", "0", "no"].map(flag), [const { Ok(false) }; 4]);
        assert_eq!(flag("perhaps"), Err(Refusal::Disabled));
    }
}
