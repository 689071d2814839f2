//! What a new user has to satisfy.

use std::sync::Arc;

use service_kit::ApiError;
use shared::{Role, UnixTime};

use super::{
    error::RegisterError,
    hash_queue::Priority,
    hash_threads::HashingError,
    look_alike::{RefusedName, check_new},
    password::{InvalidPassword, Password},
    password_hasher::PasswordHasher,
    password_policy::{PasswordPolicy, WeakPassword},
    username::{InvalidUsername, Username},
    users::{NewUser, Users},
};
use crate::{
    db::DbError,
    guessing::{error::TooManyRequests, guesses::Guesses},
};

/// Examines new users, within the limits on registrations.
pub struct Registrations {
    users: Users,
    policy: Arc<PasswordPolicy>,
    hasher: PasswordHasher,
    guesses: Arc<Guesses>,
}

/// A name and a password that are well-formed.
pub struct Candidate {
    username: Username,
    password: Password,
}

/// Who asks for a new user.
pub enum Registrant {
    /// Anybody, from this address.
    Stranger(Option<String>),
    /// An admin.
    Admin,
}

/// Why a user is not added.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// Not a username.
    #[error(transparent)]
    InvalidUsername(#[from] InvalidUsername),
    /// No name for a new user.
    #[error(transparent)]
    RefusedName(#[from] RefusedName),
    /// Not a password.
    #[error(transparent)]
    InvalidPassword(#[from] InvalidPassword),
    /// A password that is too easy to guess.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// Too many registrations from there.
    #[error(transparent)]
    TooMany(#[from] TooManyRequests),
    /// The password cannot be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The user cannot be added.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

impl From<DbError> for RegistrationError {
    fn from(error: DbError) -> Self {
        Self::Register(error.into())
    }
}

impl From<RegistrationError> for ApiError {
    fn from(error: RegistrationError) -> Self {
        match error {
            RegistrationError::InvalidUsername(error) => error.into(),
            RegistrationError::RefusedName(error) => error.into(),
            RegistrationError::InvalidPassword(error) => error.into(),
            RegistrationError::WeakPassword(error) => error.into(),
            RegistrationError::TooMany(error) => error.into(),
            RegistrationError::Hashing(error) => error.into(),
            RegistrationError::Register(error) => error.into(),
        }
    }
}

impl Candidate {
    /// A name and a password as they were sent.
    ///
    /// # Errors
    /// [`RegistrationError`] that says which is malformed.
    pub fn parse(username: &str, password: String) -> Result<Self, RegistrationError> {
        Ok(Self { username: username.parse()?, password: Password::choose(password)? })
    }
}

impl Registrations {
    /// For the users of `users`.
    pub fn new(users: Users, policy: Arc<PasswordPolicy>, hasher: PasswordHasher, guesses: Arc<Guesses>) -> Self {
        Self { users, policy, hasher, guesses }
    }

    /// A user who may be added.
    ///
    /// # Errors
    /// [`RegistrationError`].
    pub async fn examine(
        &self,
        candidate: Candidate,
        role: Role,
        registrant: &Registrant,
        now: UnixTime,
    ) -> Result<NewUser, RegistrationError> {
        let Candidate { username, password } = candidate;
        let priority = match registrant {
            Registrant::Stranger(address) => {
                let sender = self.guesses.sender(address.as_deref(), None, now);
                self.guesses.count_registration(sender.address, now)?;
                Priority::Registration(0)
            }
            Registrant::Admin => Priority::Known(0),
        };
        if let Err(refused) = check_new(&username) {
            // The same answer as for any other spelling of a taken name.
            let is_taken = self.users.is_taken(username).await?;
            return Err(if is_taken { RegisterError::UsernameTaken.into() } else { refused.into() });
        }
        let password = self.policy.accept(password, username.as_str(), now).await?;
        let password_hash = self.hasher.hash(password, priority).await?;
        Ok(NewUser { username, password_hash, role })
    }

    /// Adds a user who registers from this address.
    ///
    /// # Errors
    /// [`RegistrationError`].
    pub async fn register(
        &self,
        candidate: Candidate,
        role: Role,
        address: Option<String>,
        now: UnixTime,
    ) -> Result<(), RegistrationError> {
        let user = self.examine(candidate, role, &Registrant::Stranger(address.clone()), now).await?;
        Ok(self.users.register(user, address, now).await?)
    }
}
