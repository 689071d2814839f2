//! `auth-service users …`.

use std::time::Duration;

use clap::{Args, Subcommand, value_parser};
use serde_json::json;
use shared::{Role, UnixTime};

use super::{
    open,
    output::{Failure, say, say_json, say_table},
    times::utc,
};
use crate::{
    Config,
    administration::{
        account::{Account, Change},
        accounts::Accounts,
        error::AccountError,
        reset_token::ResetToken,
        store::{self, Search},
        whom::Whom,
    },
    audit::actor::Actor,
    db::Db,
    users::username::Username,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show users, in the order of their numbers.
    List(ListArguments),
    /// Show one user.
    Show(UserArguments),
    /// Give a user another role: access tokens are stale from now on, and the next refresh brings it.
    SetRole(SetRoleArguments),
    /// Keep a user from logging in, and end all sessions.
    Disable(UserArguments),
    /// Let a user log in again.
    Enable(UserArguments),
    /// Delete a user and end all sessions.
    Delete(NameArguments),
    /// Print a token with which the user may choose a password anew, once.
    ResetPassword(UserArguments),
    /// End all sessions of a user.
    RevokeSessions(NameArguments),
}

#[derive(Args)]
pub(super) struct ListArguments {
    /// Those with this in their names, whatever its case.
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// Those with this role.
    #[arg(long)]
    role: Option<Role>,
    /// Those who may not log in (true), or those who may (false).
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    disabled: Option<bool>,
    /// Those with numbers above this one.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: i64,
    /// So many at most.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    limit: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct NameArguments {
    /// The name, whatever its case.
    #[arg(allow_hyphen_values = true)]
    username: String,
}

#[derive(Args)]
pub(super) struct UserArguments {
    #[command(flatten)]
    user: NameArguments,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct SetRoleArguments {
    #[command(flatten)]
    user: NameArguments,
    /// Such as `user` or `admin`.
    role: Role,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let db = open::connected(config)?;
    let accounts = Accounts::new(db.clone());
    let (by, now) = (Actor::command_line(), UnixTime::now());
    match command {
        Command::List(arguments) => list(arguments, &db).await,
        Command::Show(UserArguments { user, json }) => {
            say_account(accounts.find(user.whom()).await.map_err(Failure::refused)?, json)
        }
        Command::SetRole(SetRoleArguments { user, role, json }) => {
            let change = Change { role: Some(role), disabled: None };
            say_account(accounts.change(user.whom(), change, by, now).await.map_err(Failure::refused)?, json)
        }
        Command::Disable(UserArguments { user, json }) => {
            let change = Change { role: None, disabled: Some(true) };
            say_account(accounts.change(user.whom(), change, by, now).await.map_err(Failure::refused)?, json)
        }
        Command::Enable(UserArguments { user, json }) => {
            let change = Change { role: None, disabled: Some(false) };
            say_account(accounts.change(user.whom(), change, by, now).await.map_err(Failure::refused)?, json)
        }
        Command::Delete(user) => {
            accounts.delete(user.whom(), by, now).await.map_err(Failure::refused)?;
            say("Deleted.");
            Ok(())
        }
        Command::ResetPassword(UserArguments { user, json }) => {
            let token = ResetToken::make().map_err(Failure::refused)?;
            let ttl = Duration::from_secs(config.passwords.reset_ttl_secs.into());
            accounts.offer_reset(user.whom(), &token, ttl, by, now).await.map_err(Failure::refused)?;
            if json {
                return say_json(&json!({ "reset_token": token.expose(), "expires_in": ttl.as_secs() }));
            }
            say(token.expose());
            Ok(())
        }
        Command::RevokeSessions(user) => {
            let revoked: Result<_, AccountError> = accounts.revoke_sessions(user.whom(), by, now).await;
            say(format!("Sessions ended: {}.", revoked.map_err(Failure::refused)?));
            Ok(())
        }
    }
}

impl NameArguments {
    fn whom(&self) -> Whom {
        Whom::named(&self.username)
    }
}

async fn list(arguments: ListArguments, db: &Db) -> Result<(), Failure> {
    let ListArguments { query, role, disabled, after, limit, json } = arguments;
    let search = Search { name_part: query.map(|part| Username::fold_part(&part)), role, disabled };
    let found = db.run(move |conn| store::search(conn, &search, after, i64::from(limit) + 1)).await;
    let mut found = found.map_err(|error| Failure::refused(format!("{error:?}")))?;
    let has_more = found.len() > limit as usize;
    found.truncate(limit as usize);
    if json {
        return say_json(&found);
    }
    say_accounts(&found);
    if let Some(last) = found.last().filter(|_| has_more) {
        say(format!("\nThere are more: --after {}", last.id));
    }
    Ok(())
}

fn say_account(account: Account, json: bool) -> Result<(), Failure> {
    if json {
        return say_json(&account);
    }
    say_accounts(&[account]);
    Ok(())
}

fn say_accounts(accounts: &[Account]) {
    let row = |account: &Account| {
        let state = if account.disabled { "disabled" } else { "enabled" };
        let last_login_at = account.last_login_at.map(utc).unwrap_or_default();
        let role = account.role.to_string();
        [
            account.id.to_string(),
            account.username.clone(),
            role,
            state.to_owned(),
            utc(account.created_at),
            last_login_at,
        ]
    };
    let rows: Vec<_> = accounts.iter().map(row).collect();
    say_table(["ID", "USERNAME", "ROLE", "STATE", "REGISTERED", "LAST LOG-IN"], &rows);
}
