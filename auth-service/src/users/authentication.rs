//! Password authentication.

use std::sync::Arc;

use shared::{UnixTime, User};

use super::{
    hash_queue::Priority,
    hash_threads::HashingError,
    password::Password,
    password_hasher::PasswordHasher,
    store::{self, StoredUser},
    username::Username,
    verification::Verdict,
};
use crate::{
    db::{Db, DbError},
    guessing::{
        self,
        addresses::RequestFrom,
        budget::Budget,
        error::TooManyRequests,
        guesses::{GuessError, Guesses, TakenGuess},
        lane::Lane,
        sender::Sender,
    },
    ids::UserId,
};

/// Verifies usernames and passwords, within the limits on guessing.
#[derive(Clone)]
pub struct Authenticator {
    db: Db,
    hasher: PasswordHasher,
    guesses: Arc<Guesses>,
}

/// A user who has just entered the password.
pub struct Authenticated {
    /// The user.
    pub user_id: UserId,
    /// The stored hash that the password was verified against.
    pub checked: String,
    /// How often the password had been changed by then.
    pub password_changes: i64,
    /// A hash with the current parameters, if that one has others.
    pub rehashed: Option<String>,
}

/// The result of verifying a username and a password.
pub enum Outcome {
    /// They are right. The guess is to be refunded.
    Right(Authenticated, TakenGuess),
    /// They are right, but the user is disabled.
    Disabled(User),
    /// The username is unknown, or the password is wrong. The user, if there is one: for the log, not for the answer.
    Wrong(Option<User>),
}

/// Why a password cannot be verified now.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// There were too many guesses.
    #[error(transparent)]
    TooMany(#[from] TooManyRequests),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Hashing.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl From<GuessError> for AuthenticationError {
    fn from(error: GuessError) -> Self {
        match error {
            GuessError::TooMany(error) => error.into(),
            GuessError::Db(error) => error.into(),
        }
    }
}

impl Authenticator {
    /// Verifies with this hasher what this database has stored.
    pub fn new(db: Db, hasher: PasswordHasher, guesses: Arc<Guesses>) -> Self {
        Self { db, hasher, guesses }
    }

    /// The limits on guessing.
    pub fn guesses(&self) -> &Guesses {
        &self.guesses
    }

    /// Verifies a password against the hash that is stored for that name. It takes the same time for unknown users, and has the
    /// same limits.
    ///
    /// # Errors
    /// [`AuthenticationError`] if there were too many guesses, the database fails, or too many passwords wait to be hashed.
    pub async fn authenticate(
        &self,
        username: &str,
        password: Password,
        sender: Sender,
        now: UnixTime,
    ) -> Result<Outcome, AuthenticationError> {
        // A device token may be one of this user; then the address does not matter. It is counted all the same.
        let request = self.guesses.begin(sender, now);
        let request = if sender.device.is_none() { Ok(request?) } else { request };
        let (found, budget, taken) = self.find(username, sender, request.is_ok(), now).await?;
        let request = match request {
            Ok(request) => Some(request),
            Err(_) if matches!(budget.lane, Lane::Device(_)) => None,
            Err(refused) => return Err(refused.into()),
        };
        let guess = match taken {
            Some(taken) => taken,
            None => self.guesses.take(budget, now).await?,
        };
        let rank = request.as_ref().map_or(0, RequestFrom::rank);
        let priority = Priority::of_login(budget.lane.is_known(), rank);
        let stored_hash = found.as_ref().map(|stored| stored.password_hash.clone());
        let verdict = match self.hasher.check(stored_hash, password, priority).await {
            Ok(verdict) => verdict,
            Err(error) => {
                self.guesses.refund(guess, false);
                return Err(error.into());
            }
        };
        let rehashed = match verdict {
            Verdict::Wrong => {
                if let Some(request) = request {
                    request.fail(now);
                }
                return Ok(Outcome::Wrong(found.map(|stored| stored.user)));
            }
            Verdict::Right => None,
            Verdict::RightAndRehashed(new) => Some(new),
        };
        match found {
            Some(stored) if !stored.is_disabled => {
                let StoredUser { user, password_hash: checked, password_changes, .. } = stored;
                let who = Authenticated { user_id: user.id.into(), checked, password_changes, rehashed };
                Ok(Outcome::Right(who, guess))
            }
            refused => {
                self.guesses.refund(guess, true);
                Ok(refused.map_or(Outcome::Wrong(None), |stored| Outcome::Disabled(stored.user)))
            }
        }
    }

    /// The user of that name, the budget of guesses at the password, and whether one has been taken of it: in one transaction, as
    /// everybody waits for it. An invalid name is unknown.
    async fn find(
        &self,
        username: &str,
        sender: Sender,
        is_admitted: bool,
        now: UnixTime,
    ) -> Result<(Option<StoredUser>, Budget, Option<TakenGuess>), DbError> {
        let username = username.parse::<Username>().map_err(|_| self.guesses.number_of(username));
        let number = username.as_ref().map_or_else(|number| *number, |name| self.guesses.number_of(name.key()));
        let taker = self.guesses.taker();
        let found = self.db.write_unsynced(move |conn| {
            let found = username.as_ref().ok().map(|name| store::find_by_username(conn, name)).transpose()?.flatten();
            let user = found.as_ref().map_or(number, |stored| stored.user.id.into());
            let sender = sender.since(found.as_ref().map_or(0, |stored| stored.password_changes));
            let budget = guessing::store::budget_of(conn, user, sender, now)?;
            // A refused attempt takes none.
            let may_take = is_admitted || matches!(budget.lane, Lane::Device(_));
            let taken = if may_take { taker.take(conn, budget, now)? } else { None };
            Ok::<_, DbError>((found, budget, taken))
        });
        found.await
    }
}
