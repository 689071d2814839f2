//! A change, what it revokes and its lines in the audit log: all in one transaction.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use diesel::QueryResult;
use shared::{AuthError, UnixTime};

use crate::{
    audit::{self, actor::Actor, event::Event},
    authority::authority::Authority,
    db::{Abort, Db, DbConnection, DbError, Lock},
    status::{self, list_keeper::ListKeeper, mark::Mark},
};

/// Runs changes, each in one transaction together with what it revokes and its lines in the audit log, and publishes
/// revocations to verifiers once it is committed.
///
/// # Lock order
/// All transactions lock rows in one order, so that they never deadlock:
/// 1. the row of the user who acts, then that of the session it acts in,
/// 2. the row of the user or the client that is changed, then the rows of its sessions,
/// 3. the rows of access tokens,
/// 4. the rows of their status lists, by id,
/// 5. the last number of the audit log.
///
/// [`Authority::confirm`] locks the first, and the use case the second by what it writes. The rest is collected in [`Tx`] and
/// written here.
///
/// Where the two users differ, rows of the first kind are followed by rows of the same tables. So changes of other users are
/// made with [`UnitOfWork::run_alone_as`], one at a time: of two admins who disable each other, the second finds that it no
/// longer may.
///
/// The audit log comes last since its number is what all changes contend for: it is held for the shortest time, and no line
/// becomes visible below one that was visible before.
///
/// A login, once it has locked the user, refunds its guess: rows of guess budgets are otherwise written alone.
///
/// A login locks the user before it inserts a session, and a refresh locks the session before it reads the user. So a change
/// of a user that locks both sees every token that was issued on the old state, or the token is issued on the new one.
#[derive(Clone)]
pub struct UnitOfWork {
    db: Db,
    /// The lists that this node publishes; `None` on the command line.
    lists: Option<Arc<ListKeeper>>,
}

/// A transaction in progress: a connection, and what is written when the use case is done.
pub struct Tx<'c> {
    conn: &'c mut DbConnection,
    now: UnixTime,
    marks: Vec<Mark>,
    is_published: bool,
    events: Vec<Event>,
}

impl UnitOfWork {
    /// Changes of this database by a program that publishes no status lists.
    pub fn new(db: Db) -> Self {
        Self { db, lists: None }
    }

    /// The same, publishing revocations immediately.
    #[must_use]
    pub fn publishing(self, lists: Arc<ListKeeper>) -> Self {
        Self { lists: Some(lists), ..self }
    }

    /// Runs `work` in one transaction.
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub async fn run<T, E>(
        &self,
        now: UnixTime,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.transact(Lock::Rows, now, work).await
    }

    /// The same, while no other node is in such a transaction: for changes that depend on several rows, such as that one admin
    /// remains.
    ///
    /// # Errors
    /// Those of `work`, and database errors.
    pub async fn run_alone<T, E>(
        &self,
        now: UnixTime,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.transact(Lock::AllNodes, now, work).await
    }

    /// Runs `work` on that authority, which is judged in the same transaction.
    ///
    /// # Errors
    /// That the authority does not suffice, those of `work`, and database errors.
    pub async fn run_as<T, E>(
        &self,
        by: Authority,
        now: UnixTime,
        work: impl FnOnce(&mut Tx<'_>, &Actor) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<AuthError> + From<DbError> + Send + 'static,
    {
        self.run(now, judged(by, now, work)).await
    }

    /// The same, while no other node is in such a transaction.
    ///
    /// # Errors
    /// That the authority does not suffice, those of `work`, and database errors.
    pub async fn run_alone_as<T, E>(
        &self,
        by: Authority,
        now: UnixTime,
        work: impl FnOnce(&mut Tx<'_>, &Actor) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<AuthError> + From<DbError> + Send + 'static,
    {
        self.run_alone(now, judged(by, now, work)).await
    }

    async fn transact<T, E>(
        &self,
        lock: Lock,
        now: UnixTime,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Abort<E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let in_transaction = move |conn: &mut DbConnection| {
            let mut tx = Tx { conn, now, marks: Vec::new(), is_published: false, events: Vec::new() };
            let done = work(&mut tx)?;
            Ok((done, tx.write_out()?))
        };
        let (done, revokes) = self.db.transact(lock, in_transaction).await?;
        if let (Revokes::Some, Some(lists)) = (revokes, &self.lists) {
            lists.follow(now).await;
        }
        Ok(done)
    }
}

/// `work`, once the authority is confirmed in its transaction.
fn judged<T, E: From<AuthError>>(
    by: Authority,
    now: UnixTime,
    work: impl FnOnce(&mut Tx<'_>, &Actor) -> Result<T, Abort<E>>,
) -> impl FnOnce(&mut Tx<'_>) -> Result<T, Abort<E>> {
    move |tx| {
        let actor = by.confirm(tx, now)?;
        work(tx, &actor)
    }
}

impl Tx<'_> {
    /// Changes the status of access tokens when the use case is done.
    pub fn mark(&mut self, mark: Mark) {
        self.is_published = true;
        self.marks.push(mark);
    }

    /// The same, but the response does not wait for its publication.
    pub fn mark_in_passing(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Records an audit event when the use case is done.
    pub fn audit(&mut self, event: Event) {
        self.events.push(event);
    }

    fn write_out(self) -> QueryResult<Revokes> {
        let Self { conn, now, marks, is_published, events } = self;
        status::store::apply(conn, &marks, now)?;
        events.iter().try_for_each(|event| audit::store::insert(conn, event, now))?;
        Ok(if is_published { Revokes::Some } else { Revokes::Nothing })
    }
}

impl Deref for Tx<'_> {
    type Target = DbConnection;

    fn deref(&self) -> &DbConnection {
        self.conn
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut DbConnection {
        self.conn
    }
}

/// Whether status lists have changed that are to be published.
#[derive(Clone, Copy)]
enum Revokes {
    Nothing,
    Some,
}
