//! The users that a new database begins with.

use service_kit::StartError;
use shared::{Role, UnixTime};

use super::{password::Password, password_hasher::PasswordHasher, store, username::Username};
use crate::{
    audit::{self, actor::Actor, event::Action},
    config::{AdminConfig, Config, SETTINGS},
    db::{Db, DbConnection, DbError, write_alone},
};

/// The guide's three. Their passwords are shorter than anybody may choose, and everybody knows them.
const SAMPLES: [(&str, &str, Role); 3] =
    [("admin", "admin123", Role::ADMIN), ("user_01", "1234", Role::USER), ("user_02", "5678", Role::USER)];

struct FirstUser {
    username: Username,
    password_hash: String,
    role: Role,
}

/// Makes the sample users in an empty database, and the first admin in one without an admin, if the settings say so.
/// One node does it, however many start at once.
///
/// # Errors
/// [`StartError`] if the settings name no user, or the database refuses.
pub async fn make(db: &Db, hasher: &PasswordHasher, config: &Config) -> Result<(), StartError> {
    if config.sample_users && db.run_here(store::is_empty).map_err(refused)? {
        let mut samples = Vec::new();
        for (username, password, role) in SAMPLES {
            samples.push(hashed(hasher, username, Password::typed(password.to_owned()), role).await?);
        }
        if insert_if(db, store::is_empty, &samples)? {
            log::warn!("sample users made, with passwords that everybody knows: for trying out only");
        }
    }
    if let AdminConfig { username: Some(username), password: Some(password) } = &config.admin
        && !db.run_here(store::has_admin).map_err(refused)?
    {
        let password = Password::choose(password.expose().to_owned()).map_err(|error| {
            StartError::new(SETTINGS.variable("admin.password"), error.to_string(), "Set a longer one.")
        })?;
        let admin = hashed(hasher, username, password, Role::ADMIN).await?;
        if insert_if(db, |conn| store::has_admin(conn).map(|has| !has), &[admin])? {
            log::info!("the first admin is {username:?}");
        }
    }
    Ok(())
}

async fn hashed(
    hasher: &PasswordHasher,
    username: &str,
    password: Password,
    role: Role,
) -> Result<FirstUser, StartError> {
    let setting = || SETTINGS.variable("admin.username");
    let username = username.parse().map_err(|error: super::username::InvalidUsername| {
        StartError::new(setting(), error.to_string(), "Set another name.")
    })?;
    let password_hash =
        hasher.hash(password).await.map_err(|error| StartError::new(setting(), error.to_string(), "Start again."))?;
    Ok(FirstUser { username, password_hash, role })
}

/// Inserts them in one transaction, if `condition` still holds there.
fn insert_if(
    db: &Db,
    condition: impl FnOnce(&mut DbConnection) -> diesel::QueryResult<bool>,
    users: &[FirstUser],
) -> Result<bool, StartError> {
    let now = UnixTime::now();
    let inserted = db.run_here(|conn| {
        write_alone(conn, |conn| {
            let is_wanted = condition(conn)?;
            if is_wanted {
                for FirstUser { username, password_hash, role } in users {
                    store::insert(conn, username, password_hash, role, now)?;
                    let created = Actor::settings().did(Action::UserCreated, username.as_str());
                    audit::store::insert(conn, &created.with_detail(role.as_str()), now)?;
                }
            }
            Ok::<_, DbError>(is_wanted)
        })
    });
    inserted.map_err(refused)
}

fn refused(error: DbError) -> StartError {
    StartError::new(
        SETTINGS.variable("database.url"),
        format!("the first users cannot be made: {error:?}"),
        "A user of the admin's name may exist already; otherwise see to the database.",
    )
}
