//! `auth-service create-admin`.

use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use shared::{Role, UnixTime};

use super::{
    open,
    output::{Failure, say},
};
use crate::{
    Config,
    audit::{self, actor::Actor, event::Action},
    db::{DbConnection, DbError, is_unique_violation},
    users::{password::Password, password_hasher::PasswordHasher, store, username::Username},
};

/// Who is to be admin. The password is asked for, or read as one line from the standard input.
#[derive(Args)]
pub(super) struct Arguments {
    /// The name to log in with.
    username: String,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), Failure> {
    let username: Username = arguments.username.parse().map_err(Failure::refused)?;
    let password = Password::choose(read_password().map_err(Failure::refused)?).map_err(Failure::refused)?;
    let db = open::connected(config)?;
    let hash = PasswordHasher::start(&config.passwords)?.hash(password).await.map_err(Failure::refused)?;
    let name = username.as_str().to_owned();
    let now = UnixTime::now();
    let insert = move |conn: &mut DbConnection| {
        store::insert(conn, &username, &hash, &Role::ADMIN, now)?;
        let created = Actor::command_line().did(Action::UserCreated, username.as_str());
        audit::store::insert(conn, &created.with_detail(Role::ADMIN.as_str()), now)
    };
    db.write(insert).await.map_err(|error| match error {
        DbError::Query(error) if is_unique_violation(&error) => Failure::refused("Username already exists"),
        error => Failure::refused(format!("{error:?}")),
    })?;
    say(format!("{name} is an admin now."));
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
