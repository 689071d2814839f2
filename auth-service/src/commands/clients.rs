//! `auth-service clients …`.

use std::{io, time::Duration};

use clap::{Args, Subcommand};
use serde_json::json;
use shared::{Secret, UnixTime};

use super::{
    open,
    output::{Failure, say, say_json, say_table, try_say, try_say_json},
};
use crate::{
    audit::actor::Actor,
    clients::{
        client_id::{ClientId, InvalidClientId},
        clients::{Clients, RotatedSecret},
        error::ClientError,
        scopes::{InvalidScopes, Scopes},
    },
    config::Config,
    times::utc,
    unit_of_work::UnitOfWork,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a client and print its secret, which is shown only once.
    Create(CreateArguments),
    /// List clients with their scopes and when each last obtained a token.
    List(ListArguments),
    /// Issue a new secret, which is shown only once; the old one remains valid for the grace period.
    Rotate(RotateArguments),
    /// Delete a client and revoke its tokens.
    Delete(NameArguments),
}

#[derive(Args)]
pub(super) struct CreateArguments {
    /// A name such as `reports`; the id is then `reports@clients`.
    #[arg(value_parser = parse_id)]
    name: ClientId,
    /// Scopes that the client may request, space-separated.
    #[arg(long, value_name = "SCOPES", default_value = "", value_parser = parse_scopes)]
    scope: Scopes,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ListArguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RotateArguments {
    /// The client's name or id.
    #[arg(value_parser = parse_id)]
    name: ClientId,
    /// How long the old secret remains valid. 0 revokes it and all tokens of the client immediately: for a leaked secret.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    grace_secs: u32,
    /// Print JSON.
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
    let clients = Clients::new(db.clone(), UnitOfWork::new(db));
    match command {
        Command::Create(arguments) => create(arguments, &clients).await,
        Command::List(arguments) => list(&arguments, &clients).await,
        Command::Rotate(arguments) => rotate(arguments, &clients).await,
        Command::Delete(NameArguments { name }) => delete(name, &clients).await,
    }
}

async fn create(arguments: CreateArguments, clients: &Clients) -> Result<(), Failure> {
    let CreateArguments { name: id, scope, json } = arguments;
    let (name, scopes) = (id.as_str().to_owned(), scope.to_string());
    let print = {
        let name = name.clone();
        move |secret: &Secret| {
            if json {
                let shown = json!({ "client_id": name, "client_secret": secret.expose(), "scope": scopes });
                return try_say_json(&shown);
            }
            say_secret(&name, secret)
        }
    };
    clients.create(id, scope, Actor::command_line(), UnixTime::now(), print).await.map_err(failed(&name))
}

/// Before the change is committed.
fn say_secret(name: &str, secret: &Secret) -> io::Result<()> {
    try_say(&format!("client_id      {name}"))?;
    try_say(&format!("client_secret  {}", secret.expose()))?;
    try_say("The secret is not shown again.")
}

async fn list(arguments: &ListArguments, clients: &Clients) -> Result<(), Failure> {
    let clients = clients.list().await.map_err(Failure::of)?;
    let now = UnixTime::now();
    let until = |until: Option<UnixTime>| until.filter(|until| now < *until);
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
    let time = |at: Option<UnixTime>| at.map(utc).unwrap_or_default();
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

async fn rotate(arguments: RotateArguments, clients: &Clients) -> Result<(), Failure> {
    let RotateArguments { name: id, grace_secs, json } = arguments;
    let name = id.as_str().to_owned();
    let grace = Duration::from_secs(grace_secs.into());
    let print = {
        let name = name.clone();
        move |rotated: &RotatedSecret| say_rotated(&name, rotated, json)
    };
    clients.rotate(id, grace, Actor::command_line(), UnixTime::now(), print).await.map_err(failed(&name))
}

fn say_rotated(name: &str, rotated: &RotatedSecret, json: bool) -> io::Result<()> {
    let RotatedSecret { secret, previous_until } = rotated;
    if json {
        let until = previous_until;
        return try_say_json(
            &json!({ "client_id": name, "client_secret": secret.expose(), "previous_secret_until": until }),
        );
    }
    say_secret(name, secret)?;
    try_say(&match previous_until {
        Some(until) => format!("The previous secret is valid until {}.", utc(*until)),
        None => "The previous secret is no longer valid, and the client's tokens are revoked.".to_owned(),
    })
}

async fn delete(id: ClientId, clients: &Clients) -> Result<(), Failure> {
    let name = id.as_str().to_owned();
    clients.delete(id, Actor::command_line(), UnixTime::now()).await.map_err(failed(&name))?;
    say(format!("{name} is deleted, and its tokens are revoked."));
    Ok(())
}

fn failed(id: &str) -> impl FnOnce(ClientError) -> Failure + '_ {
    move |error| match error {
        ClientError::AlreadyExists => Failure::refused(format!("client {id} already exists")),
        ClientError::NoSuchClient => Failure::refused(format!("there is no client {id}")),
        error => Failure::of(error),
    }
}

fn parse_id(text: &str) -> Result<ClientId, String> {
    text.parse().map_err(|error: InvalidClientId| error.to_string())
}

fn parse_scopes(text: &str) -> Result<Scopes, String> {
    text.parse().map_err(|error: InvalidScopes| error.to_string())
}
