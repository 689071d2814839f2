//! `auth-service clients …`.

mod apply;
mod arguments;
mod create;
mod list;
mod print;
mod rotate;
mod set;
mod show;

use clap::{Args, Subcommand};
use shared::UnixTime;

use super::{
    open,
    output::{Failure, say},
};
use crate::{
    authority::authority::Authority,
    clients::{
        client_id::{ClientName, InvalidClientId},
        clients::Clients,
        error::ClientError,
    },
    config::Config,
    unit_of_work::UnitOfWork,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a client and print its secret, which is shown only once.
    Create(create::Arguments),
    /// List clients with their scopes and when each last obtained a token.
    List(list::Arguments),
    /// Show what is registered of a client.
    Show(show::Arguments),
    /// Change what is registered of a client; what is not given stays.
    Set(set::Arguments),
    /// Issue a new secret, which is shown only once; the old one remains valid for the grace period.
    Rotate(rotate::Arguments),
    /// Delete a client and revoke its tokens.
    Delete(NameArguments),
    /// Create and change clients so that they are those of a file, and print the differences.
    Apply(apply::Arguments),
}

#[derive(Args, Clone)]
pub(super) struct NameArguments {
    /// The client's name or id.
    #[arg(value_parser = parse_name)]
    name: ClientName,
}

pub(super) async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let db = open::connected(config)?;
    let clients = Clients::new(db.clone(), UnitOfWork::new(db));
    match command {
        Command::Create(arguments) => create::run(arguments, &clients).await,
        Command::List(arguments) => list::run(&arguments, &clients).await,
        Command::Show(arguments) => show::run(arguments, &clients).await,
        Command::Set(arguments) => set::run(arguments, &clients).await,
        Command::Rotate(arguments) => rotate::run(arguments, &clients).await,
        Command::Delete(NameArguments { name }) => delete(name, &clients).await,
        Command::Apply(arguments) => apply::run(arguments, &clients).await,
    }
}

async fn delete(name: ClientName, clients: &Clients) -> Result<(), Failure> {
    let deleted = clients.delete(name.clone(), Authority::operator(), UnixTime::now());
    let id = deleted.await.map_err(failed(&name))?;
    say(format!("{id} is deleted, and its tokens are revoked."));
    Ok(())
}

fn failed(name: &ClientName) -> impl FnOnce(ClientError) -> Failure + '_ {
    move |error| match error {
        ClientError::AlreadyExists => Failure::refused(format!("client {name} already exists")),
        ClientError::NoSuchClient => Failure::refused(format!("there is no client {name}")),
        ClientError::Invalid(error) => Failure::InvalidArguments(error.to_string()),
        ClientError::Name(error) => Failure::InvalidArguments(error.to_string()),
        error => Failure::of(error),
    }
}

fn parse_name(text: &str) -> Result<ClientName, String> {
    text.parse().map_err(|error: InvalidClientId| error.to_string())
}
