//! Adding the users of a file.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::UnixTime;
use tokio::time::sleep;

use super::{
    batch::Batch,
    imported_user::ImportedUser,
    refusal::Refusal,
    seen::Seen,
    store::{self, Existing, ExistingUser},
};
use crate::{
    audit::{actor::Actor, event::Action},
    db::{Abort, Db, DbConnection, DbError},
    unit_of_work::{Tx, UnitOfWork},
    users::email_address::EmailAddress,
};

/// Adds the users of a file in batches, each in one unit of work with its line in the audit log. A user who is already there is
/// never changed, so an import that was interrupted is repeated.
pub struct Import {
    db: Db,
    work: UnitOfWork,
    is_dry_run: bool,
    seen: Arc<Mutex<Seen>>,
}

/// The outcome of the lines of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Users that were added; in a dry run, that would be.
    pub added: usize,
    /// Users that were there before, as the file has them.
    pub already_there: usize,
    /// The other lines, in order.
    pub refused: Vec<(u64, Refusal)>,
}

/// SQLite has a single writer, and a writer that waits for it tries again after a pause.
const SQLITE_PAUSE: Duration = Duration::from_millis(20);
/// Between attempts, while other programs hold the locks.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
const ATTEMPTS: u32 = 10;

impl Import {
    /// Into this database, or only as if.
    pub fn new(db: Db, work: UnitOfWork, is_dry_run: bool) -> Self {
        Self { db, work, is_dry_run, seen: Arc::default() }
    }

    /// Adds the users of a batch.
    ///
    /// # Errors
    /// The database's. Nothing of the batch is added then.
    pub async fn add(&self, batch: Batch, now: UnixTime) -> Result<Outcome, DbError> {
        let Batch { users, refused } = batch;
        let users = Arc::new(users);
        let mut attempts = 1..ATTEMPTS;
        let (judged, is_sqlite) = loop {
            match self.try_add(Arc::clone(&users), now).await {
                Err(DbError::Busy) if attempts.next().is_some() => sleep(RETRY_PAUSE).await,
                done => break done?,
            }
        };
        if is_sqlite && !self.is_dry_run {
            sleep(SQLITE_PAUSE).await;
        }
        let Judged { added, already_there, refused: refused_here, seen } = judged;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).merge(seen);
        let mut refused: Vec<_> = refused.into_iter().chain(refused_here).collect();
        refused.sort_by_key(|(line, _)| *line);
        Ok(Outcome { added: added.len(), already_there, refused })
    }

    async fn try_add(&self, users: Arc<Vec<(u64, ImportedUser)>>, now: UnixTime) -> Result<(Judged, bool), DbError> {
        let seen = Arc::clone(&self.seen);
        if self.is_dry_run {
            let judge = move |conn: &mut DbConnection| judged(conn, &users, &seen);
            return self.db.run(judge).await;
        }
        let add = move |tx: &mut Tx<'_>| {
            store::lock_new_users(tx)?;
            let (judged, is_sqlite) = judged(tx, &users, &seen)?;
            let new: Vec<_> = judged.added.iter().filter_map(|index| users.get(*index)).collect();
            if let (Some((first, _)), Some((last, _))) = (new.first(), new.last()) {
                let count = new.len();
                let admins = new.iter().filter(|(_, user)| user.role.is_admin()).count();
                let detail = format!("users: {count}, admins among them: {admins}, lines {first} to {last}");
                tx.audit(Actor::command_line().did(Action::UsersImported, "users").with_detail(detail));
                let new: Vec<_> = new.into_iter().map(|(_, user)| user).collect();
                store::insert(tx, &new, now)?;
            }
            Ok::<_, Abort<DbError>>((judged, is_sqlite))
        };
        self.work.run(now, add).await
    }
}

#[derive(Default)]
struct Judged {
    /// Positions in the batch.
    added: Vec<usize>,
    already_there: usize,
    refused: Vec<(u64, Refusal)>,
    seen: Seen,
}

enum Verdict {
    New,
    AlreadyThere,
}

fn judged(
    conn: &mut DbConnection,
    users: &[(u64, ImportedUser)],
    seen: &Mutex<Seen>,
) -> Result<(Judged, bool), DbError> {
    let existing = store::find_existing(conn, users)?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let mut judged = Judged { seen: seen.branch(), ..Judged::default() };
    for (index, (line, user)) in users.iter().enumerate() {
        let verdict = judge(user, &existing, [&seen, &judged.seen]);
        if !matches!(verdict, Err(Refusal::SameAsLine(_))) {
            judged.seen.note_name(&user.username, *line);
        }
        match verdict {
            Ok(Verdict::New) => {
                judged.seen.note_skeleton(&user.skeleton, *line);
                judged.added.push(index);
            }
            Ok(Verdict::AlreadyThere) => judged.already_there += 1,
            Err(refusal) => judged.refused.push((*line, refusal)),
        }
    }
    Ok((judged, matches!(conn, DbConnection::Sqlite(_))))
}

fn judge(user: &ImportedUser, existing: &Existing, seen: [&Seen; 2]) -> Result<Verdict, Refusal> {
    if let Some(line) = seen.iter().find_map(|seen| seen.line_of(&user.username)) {
        return Err(Refusal::SameAsLine(line));
    }
    let key = user.username.key();
    if let Some(existing) = existing.users.get(key) {
        return if is_same(user, existing) { Ok(Verdict::AlreadyThere) } else { Err(Refusal::Taken) };
    }
    if existing.deleted.contains(key) {
        return Err(Refusal::Deleted);
    }
    if let Some(line) = seen.iter().find_map(|seen| seen.line_like(&user.skeleton)) {
        return Err(Refusal::LooksLikeLine(line));
    }
    if user.skeleton.look_alikes().iter().any(|alike| existing.skeletons.contains(alike)) {
        return Err(Refusal::LooksLikeUser);
    }
    Ok(Verdict::New)
}

/// An earlier release has not stored addresses.
fn is_none_or_equal(sent: Option<&str>, stored: Option<&str>) -> bool {
    sent.is_none() || stored.is_none() || sent == stored
}

/// Whether the user is there as the file has it. The hash may have been replaced at a login since the import; then the time of
/// registration shows that it is the same user.
fn is_same(user: &ImportedUser, existing: &ExistingUser) -> bool {
    let has_same_time = user.created_at.map(|at| at.seconds() == existing.created_at);
    let may_be_rehashed = has_same_time == Some(true) && existing.has_logged_in;
    user.username.as_str() == existing.username
        && user.role.as_str() == existing.role
        && user.is_disabled == existing.is_disabled
        && has_same_time != Some(false)
        && is_none_or_equal(user.email.as_ref().map(EmailAddress::as_str), existing.email.as_deref())
        && (user.password_hash == existing.password_hash || may_be_rehashed)
}
