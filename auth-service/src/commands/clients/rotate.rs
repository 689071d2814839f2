//! `auth-service clients rotate`.

use std::{io, time::Duration};

use clap::Args;
use shared::UnixTime;

use super::{
    super::output::{Failure, try_say},
    NameArguments, failed,
    print::say_issued,
};
use crate::{
    authority::authority::Authority,
    clients::{clients::Clients, issued_secret::IssuedSecret},
    times::utc,
};

#[derive(Args)]
pub(in crate::commands) struct Arguments {
    #[command(flatten)]
    client: NameArguments,
    /// How long the old secret remains valid. 0 revokes it and all tokens of the client immediately: for a leaked secret.
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    grace_secs: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, clients: &Clients) -> Result<(), Failure> {
    let Arguments { client: NameArguments { name }, grace_secs, json } = arguments;
    let grace = Duration::from_secs(grace_secs.into());
    let print = move |issued| say_rotated(&issued, json);
    let rotated = clients.rotate(name.clone(), grace, Authority::operator(), UnixTime::now(), print);
    rotated.await.map_err(failed(&name))
}

fn say_rotated(issued: &IssuedSecret, json: bool) -> io::Result<()> {
    say_issued(issued, json)?;
    if json {
        return Ok(());
    }
    try_say(&match issued.client.previous_secret_until {
        Some(until) => format!("The previous secret is valid until {}.", utc(until)),
        None => "The previous secret is no longer valid, and the client's tokens are revoked.".to_owned(),
    })
}
