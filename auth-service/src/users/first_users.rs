//! The users of a new database.

use service_kit::StartError;
use shared::{Role, UnixTime};

use super::{
    hash_queue::Priority,
    password::Password,
    password_hasher::PasswordHasher,
    password_policy::{NewPassword, PasswordPolicy},
    sample_users::SAMPLES,
    store,
    username::InvalidUsername,
    users::{NewUser, Users},
};
use crate::{
    audit::actor::Actor,
    config::{AdminConfig, Config, SETTINGS},
    db::{Db, DbConnection},
    unit_of_work::UnitOfWork,
};

/// Adds the sample users to an empty database, and the first admin to one without an admin, if the settings say so.
///
/// # Errors
/// [`StartError`] for an invalid username or password in the settings, or if the database fails.
pub async fn make(
    db: &Db,
    hasher: &PasswordHasher,
    policy: &PasswordPolicy,
    config: &Config,
) -> Result<(), StartError> {
    let users = Users::new(db.clone(), UnitOfWork::new(db.clone()));
    if config.sample_users && db.run_here(store::is_empty).map_err(refused)? {
        let mut samples = Vec::new();
        for (username, password, role) in SAMPLES {
            samples.push(new_user(hasher, username, NewPassword::of_sample_user(password), role).await?);
        }
        if users.add_if(store::is_empty, samples, Actor::settings(), UnixTime::now()).await.map_err(refused)? {
            log::warn!("sample users with well-known passwords created: for development only");
        }
    }
    if let AdminConfig { username: Some(username), password: Some(password) } = &config.admin
        && !db.run_here(store::has_admin).map_err(refused)?
    {
        let unfit = |error: &dyn std::error::Error, remedy: &str| {
            StartError::new(SETTINGS.variable("admin.password"), error.to_string(), remedy)
        };
        let password =
            Password::choose(password.expose().to_owned()).map_err(|error| unfit(&error, "Set a longer one."))?;
        let password = policy.accept(password, username, UnixTime::now()).await;
        let password = password.map_err(|error| unfit(&error, "Set another one."))?;
        let admin = new_user(hasher, username, password, Role::ADMIN).await?;
        if users.add_if(has_no_admin, vec![admin], Actor::settings(), UnixTime::now()).await.map_err(refused)? {
            log::info!("first admin {username:?} created");
        }
    }
    Ok(())
}

fn has_no_admin(conn: &mut DbConnection) -> diesel::QueryResult<bool> {
    store::has_admin(conn).map(|has_admin| !has_admin)
}

async fn new_user(
    hasher: &PasswordHasher,
    username: &str,
    password: NewPassword,
    role: Role,
) -> Result<NewUser, StartError> {
    let setting = || SETTINGS.variable("admin.username");
    let username = username
        .parse()
        .map_err(|error: InvalidUsername| StartError::new(setting(), error.to_string(), "Set another username."))?;
    let password_hash = hasher
        .hash(password, Priority::Known(0))
        .await
        .map_err(|error| StartError::new(setting(), error.to_string(), "Restart the service."))?;
    Ok(NewUser { username, password_hash, role })
}

fn refused(error: impl std::error::Error) -> StartError {
    StartError::new(
        SETTINGS.variable("database.url"),
        format!("cannot create the first users: {error}"),
        "A user with the admin's name may exist already; otherwise check the database.",
    )
}
