//! Writing users as an import reads them.

use std::io::{self, Write};

use serde::Serialize;
use shared::UnixTime;

use super::{
    format::Format,
    store::{self, ExistingUser, ExportedUser},
};
use crate::{
    audit::{actor::Actor, event::Action},
    db::{Abort, Db, DbError},
    times::utc,
    unit_of_work::UnitOfWork,
};

/// Writes all users in order of registration.
pub struct Export {
    db: Db,
    has_hashes: bool,
    format: Format,
}

/// Why an export fails.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What is written to.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Users that are read at a time.
const PAGE: i64 = 2000;

#[derive(Serialize)]
struct Line<'a> {
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<&'a str>,
    role: &'a str,
    email: Option<&'a str>,
    disabled: bool,
    created_at: String,
}

impl Export {
    /// Of this database.
    pub fn new(db: Db, format: Format, has_hashes: bool) -> Self {
        Self { db, has_hashes, format }
    }

    /// Records the export in the audit log, then writes it. Returns how many users there are.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn write(&self, out: &mut impl Write, now: UnixTime) -> Result<usize, ExportError> {
        let detail = if self.has_hashes { "with password hashes" } else { "without password hashes" };
        let exported = Actor::command_line().did(Action::UsersExported, "users").with_detail(detail);
        let work = UnitOfWork::new(self.db.clone());
        let recorded = work.run(now, move |tx| {
            tx.audit(exported);
            Ok::<_, Abort<DbError>>(())
        });
        recorded.await?;
        if self.format == Format::Csv {
            let hash = if self.has_hashes { "password_hash," } else { "" };
            writeln!(out, "username,{hash}role,email,disabled,created_at")?;
        }
        let (mut count, mut last) = (0, 0);
        loop {
            let page = self.db.run(move |conn| store::next(conn, last, PAGE)).await?;
            let Some(ExportedUser { id, .. }) = page.last() else { break };
            last = *id;
            count += page.len();
            self.write_page(out, &page)?;
        }
        out.flush()?;
        Ok(count)
    }

    fn write_page(&self, out: &mut impl Write, page: &[ExportedUser]) -> io::Result<()> {
        let mut lines = page.iter().map(|exported| self.line(&exported.user));
        match self.format {
            Format::Csv => {
                let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(out);
                lines.try_for_each(|line| csv.serialize(line)).map_err(io::Error::from)?;
                csv.flush()
            }
            Format::Jsonl => {
                for line in lines {
                    serde_json::to_writer(&mut *out, &line)?;
                    out.write_all(b"\n")?;
                }
                Ok(())
            }
        }
    }

    fn line<'a>(&self, user: &'a ExistingUser) -> Line<'a> {
        Line {
            username: &user.username,
            password_hash: self.has_hashes.then_some(&user.password_hash),
            role: &user.role,
            email: user.email.as_deref(),
            disabled: user.is_disabled,
            created_at: utc(UnixTime::from_seconds(user.created_at)),
        }
    }
}
