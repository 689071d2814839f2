//! `auth-service users …`.

use std::time::Duration;

use clap::{Args, Subcommand, value_parser};
use serde_json::json;
use shared::{Role, UnixTime};

use super::{
    export, import, open,
    output::{Failure, say, say_json, say_table, try_say, try_say_json},
};
use crate::{
    administration::{
        account::{Account, Change},
        accounts::Accounts,
        reset_token::ResetToken,
        store::{self, Search},
        user_ref::UserRef,
    },
    authority::authority::Authority,
    config::Config,
    db::Db,
    page::{self, Page},
    times::utc,
    unit_of_work::UnitOfWork,
    users::username::Username,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List users in order of registration.
    List(ListArguments),
    /// Show one user.
    Show(UserArguments),
    /// Change a user's role. The user's access tokens become stale; the next refresh returns the new role.
    SetRole(SetRoleArguments),
    /// Disable a user and end all sessions.
    Disable(UserArguments),
    /// Enable a disabled user.
    Enable(UserArguments),
    /// Delete a user and end all sessions.
    Delete(NameArguments),
    /// Print a single-use password reset token.
    ResetPassword(UserArguments),
    /// End all sessions of a user.
    RevokeSessions(NameArguments),
    /// Add users from a file, with the password hashes of another system.
    Import(import::Arguments),
    /// Write all users as `import` reads them.
    Export(export::Arguments),
}

#[derive(Args)]
pub(super) struct ListArguments {
    /// Only users whose name contains this text, case-insensitive.
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// Only users with this role.
    #[arg(long)]
    role: Option<Role>,
    /// Only disabled users (true), or only enabled ones (false).
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    disabled: Option<bool>,
    /// Only users with a greater id.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: i64,
    /// Maximum number of results.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = value_parser!(u32).range(1..))]
    limit: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct NameArguments {
    /// The username, case-insensitive.
    #[arg(allow_hyphen_values = true)]
    username: String,
}

#[derive(Args)]
pub(super) struct UserArguments {
    #[command(flatten)]
    user: NameArguments,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct SetRoleArguments {
    #[command(flatten)]
    user: NameArguments,
    /// The new role, such as `user` or `admin`.
    role: Role,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let db = open::connected(config)?;
    let accounts = Accounts::new(db.clone(), UnitOfWork::new(db.clone()));
    let (by, now) = (Authority::operator(), UnixTime::now());
    match command {
        Command::List(arguments) => list(arguments, &db).await,
        Command::Show(UserArguments { user, json }) => {
            say_account(accounts.find(user.user_ref(), by, now).await.map_err(Failure::of)?, json)
        }
        Command::SetRole(SetRoleArguments { user, role, json }) => {
            let change = Change { role: Some(role), disabled: None };
            say_account(accounts.change(user.user_ref(), change, by, now).await.map_err(Failure::of)?, json)
        }
        Command::Disable(UserArguments { user, json }) => {
            let change = Change { role: None, disabled: Some(true) };
            say_account(accounts.change(user.user_ref(), change, by, now).await.map_err(Failure::of)?, json)
        }
        Command::Enable(UserArguments { user, json }) => {
            let change = Change { role: None, disabled: Some(false) };
            say_account(accounts.change(user.user_ref(), change, by, now).await.map_err(Failure::of)?, json)
        }
        Command::Delete(user) => {
            accounts.delete(user.user_ref(), by, now).await.map_err(Failure::of)?;
            say("Deleted.");
            Ok(())
        }
        Command::ResetPassword(UserArguments { user, json }) => {
            let token = ResetToken::generate().map_err(Failure::of)?;
            let ttl = Duration::from_secs(config.passwords.reset_ttl_secs.into());
            let print = move |token: &ResetToken| {
                if json {
                    return try_say_json(&json!({ "reset_token": token.expose(), "expires_in": ttl.as_secs() }));
                }
                try_say(token.expose())
            };
            accounts.offer_reset(user.user_ref(), token, ttl, by, now, print).await.map_err(Failure::of)
        }
        Command::RevokeSessions(user) => {
            let revoked = accounts.revoke_sessions(user.user_ref(), by, now).await;
            say(format!("Sessions ended: {}.", revoked.map_err(Failure::of)?));
            Ok(())
        }
        Command::Import(arguments) => import::run(arguments, db, config).await,
        Command::Export(arguments) => export::run(arguments, db).await,
    }
}

impl NameArguments {
    fn user_ref(&self) -> UserRef {
        UserRef::named(&self.username)
    }
}

async fn list(arguments: ListArguments, db: &Db) -> Result<(), Failure> {
    let ListArguments { query, role, disabled, after, limit, json } = arguments;
    let search = Search { name_part: query.map(|part| Username::fold_part(&part)), role, disabled };
    let limit = limit as usize;
    let wanted = page::wanted(limit);
    let found = db.run(move |conn| store::search(conn, &search, after.into(), wanted)).await;
    let page = Page::of(found.map_err(Failure::of)?, limit);
    if json {
        return say_json(&page.items);
    }
    say_accounts(&page.items);
    if let Some(last) = page.next() {
        say(format!("\nMore results: --after {}", last.id));
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
    say_table(["ID", "USERNAME", "ROLE", "STATE", "REGISTERED", "LAST LOGIN"], &rows);
}
