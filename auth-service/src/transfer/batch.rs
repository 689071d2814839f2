//! Lines that are imported together.

use argon2::Params;
use shared::UnixTime;

use super::{
    imported_user::ImportedUser,
    line::{Line, ReadError},
    refusal::Refusal,
};

/// Lines that are imported together.
#[derive(Default)]
pub struct Batch {
    /// Users, with the number of the line.
    pub users: Vec<(u64, ImportedUser)>,
    /// Lines that are refused whatever the database has.
    pub refused: Vec<(u64, Refusal)>,
}

/// Other changes of users wait while a batch is written: some tens of milliseconds.
const SIZE: usize = 2000;

impl Batch {
    /// The next lines; empty at the end of the file.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(
        lines: &mut impl Iterator<Item = Result<Line, ReadError>>,
        settings: &Params,
        now: UnixTime,
    ) -> Result<Self, ReadError> {
        let mut batch = Self::default();
        for line in lines.take(SIZE) {
            let Line { number, row } = line?;
            match row.and_then(|row| ImportedUser::parse(row, settings, now)) {
                Ok(user) => batch.users.push((number, user)),
                Err(refusal) => batch.refused.push((number, refusal)),
            }
        }
        Ok(batch)
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.users.len() + self.refused.len()
    }
}
