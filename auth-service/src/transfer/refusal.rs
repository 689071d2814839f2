//! Reasons for which a line is not imported.

use shared::claims::InvalidRole;

use crate::users::{
    email_address::InvalidEmailAddress, look_alike::RefusedName, stored_hash_error::StoredHashError,
    username::InvalidUsername,
};

/// Why a line is not imported. It never repeats what the line says: any field may have a password by mistake.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no text.
    #[error("not UTF-8")]
    NotUtf8,
    /// It has more bytes than any user takes.
    #[error("longer than 65536 bytes")]
    TooLong,
    /// CSV: also where a field goes on in the next line.
    #[error("a quotation mark is missing, or a field contains a line break")]
    QuotationMark,
    /// CSV: it does not fit the header.
    #[error("expected {expected} fields, found {found}")]
    FieldCount {
        /// As many as the header has.
        expected: usize,
        /// As many as the line has.
        found: usize,
    },
    /// JSON lines.
    #[error("invalid JSON at character {0}")]
    InvalidJson(usize),
    /// JSON lines.
    #[error("a field is unknown, repeated or of the wrong type, at character {0}")]
    InvalidField(usize),
    /// A field that every user has.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// The rules for usernames.
    #[error("username: {0}")]
    Username(#[from] InvalidUsername),
    /// The rules for new usernames.
    #[error("username: {0}")]
    Name(#[from] RefusedName),
    /// The hash.
    #[error("password_hash: {0}")]
    Hash(#[from] StoredHashError),
    /// The role.
    #[error("role: {0}")]
    Role(#[from] InvalidRole),
    /// The address.
    #[error("email: {0}")]
    Email(#[from] InvalidEmailAddress),
    /// Neither yes nor no.
    #[error("disabled: expected true or false")]
    Disabled,
    /// No time.
    #[error("created_at: expected a time such as 2026-11-24T15:00:00Z, a date, or seconds since 1970")]
    CreatedAt,
    /// No time of the past.
    #[error("created_at: before 1970 or in the future")]
    ImpossibleCreation,
    /// Another line.
    #[error("username: the same as in line {0}")]
    SameAsLine(u64),
    /// Another line.
    #[error("username: looks like that in line {0}")]
    LooksLikeLine(u64),
    /// A user in the database, who is not changed.
    #[error("username: already exists, with other data")]
    Taken,
    /// A user in the database.
    #[error("username: looks like that of an existing user")]
    LooksLikeUser,
    /// The database.
    #[error("username: that of a deleted user, which nobody else gets")]
    Deleted,
}
