//! How clients and their secrets are printed.

use std::io;

use super::super::output::{say, try_say, try_say_json};
use crate::{
    clients::{client_plan::Differences, client_view::ClientView, issued_secret::IssuedSecret},
    times::utc,
};

/// Before the change is committed.
pub(super) fn say_issued(issued: &IssuedSecret, json: bool) -> io::Result<()> {
    if json {
        return try_say_json(&issued.shown());
    }
    try_say(&format!("client_id      {}", issued.client.client_id))?;
    let Some(secret) = &issued.secret else {
        return try_say("The client is public and has no secret.");
    };
    try_say(&format!("client_secret  {}", secret.expose()))?;
    try_say("The secret is not shown again.")
}

pub(super) fn say_client(client: &ClientView) {
    say(format!("client_id  {}", client.client_id));
    for line in Differences::of_new(client.registration()).lines() {
        say(line.replacen("  + ", "  ", 1));
    }
    say(format!("created  {}", utc(client.created_at)));
    if let Some(used) = client.last_used_at {
        say(format!("last used  {}", utc(used)));
    }
    if let Some(until) = client.previous_secret_until {
        say(format!("old secret until  {}", utc(until)));
    }
}
