//! Everything that can go wrong in a request.

use actix_web::{HttpResponse, ResponseError, http::StatusCode, http::header};
use service_kit::RequestError;
use shared::{AuthError, ErrorBody, InvalidRole};

use crate::{
    administration::accounts::AccountError,
    db::{DbError, is_unique_violation},
    keys::managed_keys::KeyError,
    sessions::session_issuer::SessionError,
    status::list_keeper::CannotTell,
    tokens::issuer::CannotIssue,
    users::{authentication::CannotAuthenticate, hash_threads, password::InvalidPassword, username::InvalidUsername},
};

/// Everything that can go wrong in a request. `Display` is for the client, the source for the log.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Nobody of that name, or another password: which of them is not said.
    #[error("Invalid username or password")]
    InvalidCredentials,
    /// The right password of a user who may not log in.
    #[error("This account is disabled")]
    UserDisabled,
    /// No session of that id, or none of this user's.
    #[error("No such session")]
    NoSuchSession,
    /// What was given as the current password is another.
    #[error("The current password is another")]
    WrongPassword,
    /// The name is somebody else's already.
    #[error("Username already exists")]
    UsernameTaken,
    /// No username.
    #[error(transparent)]
    Username(#[from] InvalidUsername),
    /// No password to choose.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    /// No role.
    #[error("Invalid role: {0}")]
    Role(#[from] InvalidRole),
    /// The request itself.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The token.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// More logins than can be hashed.
    #[error("Too much to do at the moment; try again shortly")]
    Busy(#[from] hash_threads::Busy),
    /// The database.
    #[error("{}", db_message(.0))]
    Db(#[from] DbError),
    /// The account cannot be changed.
    #[error(transparent)]
    Account(AccountError),
    /// This machine has no randomness.
    #[error("internal error")]
    NoRandomness(#[from] aws_lc_rs::error::Unspecified),
    /// No token can be signed.
    #[error("{}", issue_message(*.0))]
    CannotIssue(#[from] CannotIssue),
    /// The status lists cannot be told.
    #[error(transparent)]
    CannotTell(#[from] CannotTell),
    /// The keys cannot be changed.
    #[error(transparent)]
    Keys(KeyError),
}

impl From<CannotAuthenticate> for ApiError {
    fn from(error: CannotAuthenticate) -> Self {
        match error {
            CannotAuthenticate::Db(error) => Self::Db(error),
            CannotAuthenticate::Busy(error) => Self::Busy(error),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Refused(error) => Self::Auth(error),
            SessionError::Db(error) => Self::Db(error),
            SessionError::CannotIssue(error) => Self::CannotIssue(error),
        }
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Db(error) => Self::Db(error),
            error => Self::Keys(error),
        }
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Db(error) => Self::Db(error),
            AccountError::SessionOver => Self::Auth(AuthError::Revoked),
            error => Self::Account(error),
        }
    }
}

impl ApiError {
    /// Of an insert: the name is taken, or it is the database's own fault.
    pub fn or_username_taken(error: DbError) -> Self {
        match error {
            DbError::Query(error) if is_unique_violation(&error) => Self::UsernameTaken,
            error => Self::Db(error),
        }
    }

    /// The one table from failure to answer: status and code.
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidCredentials => (StatusCode::UNAUTHORIZED, "invalid_credentials"),
            Self::UserDisabled => (StatusCode::FORBIDDEN, "user_disabled"),
            Self::NoSuchSession => (StatusCode::NOT_FOUND, "session_not_found"),
            Self::WrongPassword => (StatusCode::FORBIDDEN, "wrong_password"),
            Self::UsernameTaken => (StatusCode::BAD_REQUEST, "username_taken"),
            Self::Username(_) | Self::Password(_) | Self::Role(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Request(error) => error.answer(),
            Self::Auth(error) => error.answer(),
            Self::Busy(_) | Self::Db(DbError::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::Db(DbError::Unreachable(_)) => (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable"),
            Self::CannotTell(CannotTell::Db(_)) => (StatusCode::SERVICE_UNAVAILABLE, "status_unavailable"),
            Self::CannotIssue(CannotIssue::NoCurrentKey(_)) | Self::CannotTell(CannotTell::NoCurrentKey(_)) => {
                (StatusCode::SERVICE_UNAVAILABLE, "keys_unavailable")
            }
            Self::Keys(KeyError::FromSettings) => (StatusCode::CONFLICT, "keys_from_settings"),
            Self::Account(AccountError::NoSuchUser) => (StatusCode::NOT_FOUND, "no_such_user"),
            Self::Account(AccountError::SessionOver) => AuthError::Revoked.answer(),
            Self::Account(AccountError::LastAdmin) => (StatusCode::CONFLICT, "last_admin"),
            Self::Account(AccountError::InvalidResetToken) => (StatusCode::BAD_REQUEST, "invalid_reset_token"),
            Self::Db(DbError::Query(_))
            | Self::Account(AccountError::Db(_))
            | Self::NoRandomness(_)
            | Self::CannotIssue(CannotIssue::CannotSign(_))
            | Self::CannotTell(CannotTell::CannotSign(_))
            | Self::Keys(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

fn issue_message(error: CannotIssue) -> &'static str {
    match error {
        CannotIssue::NoCurrentKey(_) => "There is no key to sign with; try again shortly",
        CannotIssue::CannotSign(_) => "internal error",
    }
}

fn db_message(error: &DbError) -> &'static str {
    match error {
        DbError::Busy => "Too much to do at the moment; try again shortly",
        DbError::Unreachable(_) => "The database is not available; try again shortly",
        DbError::Query(_) => "internal error",
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.answer().0
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Auth(error) => return error.error_response(),
            Self::Request(error) => return error.error_response(),
            _ => {}
        }
        let (status, code) = self.answer();
        if status.is_server_error() {
            log::error!("{code}: {self:?}");
        } else {
            log::debug!("request refused: {self}");
        }
        let mut builder = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            builder.insert_header((header::RETRY_AFTER, "1"));
        }
        ErrorBody::new(code, self.to_string()).answer_with(&mut builder)
    }
}
