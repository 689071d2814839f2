//! The ids of users and sessions.

use std::{fmt, str::FromStr};

use diesel::{
    Connection,
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::Pg,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use serde::{Serialize, Serializer};
use shared::Claims;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::DbConnection;

/// A user's number. It is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, AsExpression, FromSqlRow, ToSchema)]
#[serde(transparent)]
#[diesel(sql_type = BigInt)]
pub struct UserId(i64);

/// A session's id: a UUID, stored as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow, ToSchema)]
#[diesel(sql_type = Text)]
#[schema(value_type = String, format = "uuid")]
pub struct SessionId(Uuid);

type EitherBackend = <DbConnection as Connection>::Backend;

impl SessionId {
    /// A new id; later ones sort after earlier ones, which keeps the index compact.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// The session that an access token belongs to; `None` for a client's token.
    pub fn of_claims(claims: &Claims) -> Option<Self> {
        claims.sid.as_deref()?.parse().ok()
    }

    /// The 16 bytes of the UUID.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The inverse of [`SessionId::as_bytes`].
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for SessionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<DB: Backend> FromSql<Text, DB> for SessionId
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(String::from_sql(value)?.parse()?)
    }
}

impl ToSql<Text, Sqlite> for SessionId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

impl ToSql<Text, Pg> for SessionId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let mut text = Uuid::encode_buffer();
        <str as ToSql<Text, Pg>>::to_sql(self.0.hyphenated().encode_lower(&mut text), &mut out.reborrow())
    }
}

impl ToSql<Text, EitherBackend> for SessionId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, EitherBackend>) -> serialize::Result {
        out.set_value((Text, self));
        Ok(IsNull::No)
    }
}

impl UserId {
    /// The number itself, as tokens carry it.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for UserId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for UserId
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(value).map(Self)
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for UserId
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}
