//! What a user has granted to an application.

use std::fmt;

use diesel::{
    Connection,
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::Pg,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::Text,
    sqlite::Sqlite,
};

use crate::{clients::scopes::Scopes, db::DbConnection};

/// What a user has granted to an application. Stored as text: the scopes, and on a line of its own the audience.
#[derive(Clone, Debug, Default, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Granted {
    /// The scopes of its tokens.
    pub scopes: Scopes,
    /// The audience of its access tokens, where it is not the default one.
    pub audience: Option<String>,
}

type EitherBackend = <DbConnection as Connection>::Backend;

impl Granted {
    fn read(text: &str) -> Self {
        let (scopes, audience) = text.split_once('\n').map_or((text, None), |(scopes, rest)| (scopes, Some(rest)));
        Self { scopes: scopes.parse().unwrap_or_default(), audience: audience.map(str::to_owned) }
    }
}

impl fmt::Display for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.audience {
            Some(audience) => write!(f, "{}\n{audience}", self.scopes),
            None => self.scopes.fmt(f),
        }
    }
}

impl<DB: Backend> FromSql<Text, DB> for Granted
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::read(&String::from_sql(value)?))
    }
}

impl ToSql<Text, Sqlite> for Granted {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}

impl ToSql<Text, Pg> for Granted {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<Text, Pg>>::to_sql(&self.to_string(), &mut out.reborrow())
    }
}

impl ToSql<Text, EitherBackend> for Granted {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, EitherBackend>) -> serialize::Result {
        out.set_value((Text, self));
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read_as_written() {
        let scopes: Scopes = "openid profile".parse().unwrap();
        let audience = Some("https://api.example.com".to_owned());

        for granted in
            [Granted { scopes: scopes.clone(), audience }, Granted { scopes, audience: None }, Granted::default()]
        {
            assert_eq!(Granted::read(&granted.to_string()), granted);
        }
    }
}
