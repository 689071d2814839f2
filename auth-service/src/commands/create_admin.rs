//! `auth-service create-admin`.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use shared::{Role, UnixTime};

use super::{
    open,
    output::{Failure, say},
};
use crate::{
    authority::authority::Authority,
    config::Config,
    unit_of_work::UnitOfWork,
    users::{
        hash_queue::Priority,
        password::Password,
        password_hasher::PasswordHasher,
        password_policy::PasswordPolicy,
        username::Username,
        users::{NewUser, Users},
    },
};

/// The new admin. Prompts for the password, or reads one line from standard input.
#[derive(Args)]
pub(super) struct Arguments {
    /// The username.
    username: String,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), Failure> {
    let username: Username = arguments.username.parse().map_err(Failure::refused)?;
    let password = Password::choose(read_password().map_err(Failure::refused)?).map_err(Failure::refused)?;
    let policy = PasswordPolicy::new(&config.passwords)?;
    let password = policy.accept(password, username.as_str(), UnixTime::now()).await.map_err(Failure::refused)?;
    let db = open::connected(config)?;
    let hasher = PasswordHasher::start(&config.passwords)?;
    let password_hash = hasher.hash(password, Priority::Known(0)).await.map_err(Failure::of)?;
    let name = username.as_str().to_owned();
    let admin = NewUser { username, password_hash, role: Role::ADMIN };
    let users = Users::new(db.clone(), UnitOfWork::new(db));
    users.add_as(Authority::operator(), admin, UnixTime::now()).await.map_err(Failure::of)?;
    say(format!("Created the admin {name}."));
    Ok(())
}

fn read_password() -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
