//! `auth-service clients list`.

use clap::Args;
use serde_json::json;
use shared::UnixTime;

use super::super::output::{Failure, say_json, say_table};
use crate::{authority::authority::Authority, clients::clients::Clients, times::utc};

#[derive(Args)]
pub(in crate::commands) struct Arguments {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, clients: &Clients) -> Result<(), Failure> {
    let clients = clients.list(Authority::operator(), UnixTime::now()).await.map_err(Failure::of)?;
    if arguments.json {
        return say_json(&json!({ "clients": clients }));
    }
    let time = |at: Option<UnixTime>| at.map(utc).unwrap_or_default();
    let rows: Vec<_> = clients
        .into_iter()
        .map(|client| {
            [
                client.client_id,
                client.kind.to_string(),
                client.scope,
                time(Some(client.created_at)),
                time(client.last_used_at),
                time(client.previous_secret_until),
            ]
        })
        .collect();
    say_table(["CLIENT ID", "KIND", "SCOPE", "CREATED", "LAST USED", "OLD SECRET UNTIL"], &rows);
    Ok(())
}
