//! `auth-service clients …`.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use shared::UnixTime;

use super::{
    open,
    output::{Failure, say, say_json, say_table},
    times::utc,
};
use crate::{
    Config,
    audit::{
        self,
        event::{Action, Event},
    },
    clients::{
        client_id::ClientId,
        client_secret::{self, SecretHash},
        scopes::Scopes,
        store,
    },
    db::{Db, DbError, is_unique_violation},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a client, and show its secret this once.
    Create(CreateArguments),
    /// Show each client, what it may do, and when it last got a token.
    List(ListArguments),
    /// Give a client a new secret, and show it this once; the old one counts on for a while.
    Rotate(RotateArguments),
    /// Remove a client, and take its tokens back.
    Delete(NameArguments),
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// A name such as `reports`; the id is then `reports@clients`.
    #[arg(value_parser = parse_id)]
    name: ClientId,
    /// What the client may do; several are parted by spaces.
    #[arg(long, value_name = "SCOPES", default_value = "", value_parser = parse_scopes)]
    scope: Scopes,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ListArguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RotateArguments {
    /// The client's name or id.
    #[arg(value_parser = parse_id)]
    name: ClientId,
    /// How long the old secret counts on. 0 ends it at once and takes all tokens of the client back: for one that leaked.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    grace_secs: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct NameArguments {
    /// The client's name or id.
    #[arg(value_parser = parse_id)]
    name: ClientId,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let db = open::connected(config)?;
    match command {
        Command::Create(arguments) => create(arguments, &db).await,
        Command::List(arguments) => list(&arguments, &db).await,
        Command::Rotate(arguments) => rotate(arguments, &db).await,
        Command::Delete(NameArguments { name }) => delete(name, &db).await,
    }
}

async fn create(CreateArguments { name: id, scope, json }: CreateArguments, db: &Db) -> Result<(), Failure> {
    let now = UnixTime::now();
    let secret = client_secret::generate().map_err(Failure::refused)?;
    let (hash, text) = (SecretHash::of(secret.expose()), id.as_str().to_owned());
    let scopes = scope.to_string();
    let created = db.write(move |conn| {
        store::insert(conn, &id, &hash, &scope, now)?;
        let detail = scope.claim().map(|scope| format!("scope {scope}"));
        audit::store::insert(conn, &event(Action::ClientCreated, &id, detail), now).map_err(DbError::from)
    });
    created.await.map_err(|error| match error {
        DbError::Query(error) if is_unique_violation(&error) => Failure::refused(format!("{text} exists already")),
        error => failed(error),
    })?;
    if json {
        return say_json(&json!({ "client_id": text, "client_secret": secret.expose(), "scope": scopes }));
    }
    say(format!("client_id      {text}"));
    say(format!("client_secret  {}", secret.expose()));
    say("The secret is not shown again.");
    Ok(())
}

async fn list(arguments: &ListArguments, db: &Db) -> Result<(), Failure> {
    let clients = db.run(store::all).await.map_err(failed)?;
    let now = UnixTime::now().seconds();
    let until = |until: Option<i64>| until.filter(|until| now < *until);
    if arguments.json {
        let clients: Vec<_> = clients
            .iter()
            .map(|client| {
                json!({
                    "client_id": client.id, "scope": client.scopes, "created_at": client.created_at,
                    "last_used_at": client.last_used_at, "previous_secret_until": until(client.previous_until),
                })
            })
            .collect();
        return say_json(&json!({ "clients": clients }));
    }
    let time = |at: Option<i64>| at.map(UnixTime::from_seconds).map(utc).unwrap_or_default();
    let rows: Vec<_> = clients
        .into_iter()
        .map(|client| {
            let previous = time(until(client.previous_until));
            [client.id, client.scopes, time(Some(client.created_at)), time(client.last_used_at), previous]
        })
        .collect();
    say_table(["CLIENT ID", "SCOPE", "CREATED", "LAST USED", "OLD SECRET UNTIL"], &rows);
    Ok(())
}

async fn rotate(arguments: RotateArguments, db: &Db) -> Result<(), Failure> {
    let RotateArguments { name: id, grace_secs, json } = arguments;
    let now = UnixTime::now();
    let secret = client_secret::generate().map_err(Failure::refused)?;
    let (hash, text) = (SecretHash::of(secret.expose()), id.as_str().to_owned());
    let until = (grace_secs > 0).then(|| now.plus(Duration::from_secs(grace_secs.into())));
    let rotated = db.write(move |conn| {
        if !store::replace_secret(conn, &id, &hash, until)? {
            return Ok(false);
        }
        if until.is_none() {
            store::revoke_tokens(conn, &id, now)?;
        }
        let detail = until.map_or("the old secret ends at once".to_owned(), |until| {
            format!("the old secret counts until {}", utc(until))
        });
        audit::store::insert(conn, &event(Action::ClientRotated, &id, Some(detail)), now)?;
        Ok::<_, DbError>(true)
    });
    if !rotated.await.map_err(failed)? {
        return Err(no_such_client(&text));
    }
    if json {
        let until = until.map(UnixTime::seconds);
        let shown = json!({ "client_id": text, "client_secret": secret.expose(), "previous_secret_until": until });
        return say_json(&shown);
    }
    say(format!("client_id      {text}"));
    say(format!("client_secret  {}", secret.expose()));
    say("The secret is not shown again.");
    say(match until {
        Some(until) => format!("The old one counts until {}.", utc(until)),
        None => "The old one counts no more, and the client's tokens are taken back.".to_owned(),
    });
    Ok(())
}

async fn delete(id: ClientId, db: &Db) -> Result<(), Failure> {
    let now = UnixTime::now();
    let text = id.as_str().to_owned();
    let deleted = db.write(move |conn| {
        let is_deleted = store::delete(conn, &id, now)?;
        if is_deleted {
            audit::store::insert(conn, &event(Action::ClientDeleted, &id, None), now)?;
        }
        Ok::<_, DbError>(is_deleted)
    });
    if !deleted.await.map_err(failed)? {
        return Err(no_such_client(&text));
    }
    say(format!("{text} is deleted, and its tokens are taken back."));
    Ok(())
}

fn event(action: Action, id: &ClientId, detail: Option<String>) -> Event {
    Event { actor: None, action, subject: Some(id.as_str().to_owned()), address: None, detail }
}

fn no_such_client(id: &str) -> Failure {
    Failure::refused(format!("there is no client {id}"))
}

fn failed(error: DbError) -> Failure {
    Failure::refused(format!("{error:?}"))
}

fn parse_id(text: &str) -> Result<ClientId, String> {
    text.parse().map_err(|error: crate::clients::client_id::InvalidClientId| error.to_string())
}

fn parse_scopes(text: &str) -> Result<Scopes, String> {
    text.parse().map_err(|error: crate::clients::scopes::InvalidScopes| error.to_string())
}
