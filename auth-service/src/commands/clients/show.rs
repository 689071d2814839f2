//! `auth-service clients show`.

use clap::Args;
use shared::UnixTime;

use super::{
    super::output::{Failure, say_json},
    NameArguments, failed,
    print::say_client,
};
use crate::{authority::authority::Authority, clients::clients::Clients};

#[derive(Args)]
pub(in crate::commands) struct Arguments {
    #[command(flatten)]
    client: NameArguments,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, clients: &Clients) -> Result<(), Failure> {
    let NameArguments { name } = arguments.client;
    let found = clients.find(name.clone(), Authority::operator(), UnixTime::now());
    let client = found.await.map_err(failed(&name))?;
    if arguments.json {
        return say_json(&client);
    }
    say_client(&client);
    Ok(())
}
