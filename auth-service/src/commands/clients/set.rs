//! `auth-service clients set`.

use clap::Args;
use shared::UnixTime;

use super::{
    super::output::{Failure, say_json},
    NameArguments,
    arguments::{UriArguments, parse_scopes},
    failed,
    print::say_client,
};
use crate::{
    authority::authority::Authority,
    clients::{clients::Clients, scopes::Scopes, sent_registration::SentRegistration},
};

/// URIs and origins replace the registered ones; an empty one removes them.
#[derive(Args)]
pub(in crate::commands) struct Arguments {
    #[command(flatten)]
    client: NameArguments,
    #[command(flatten)]
    uris: UriArguments,
    /// Scopes that the client may request, space-separated.
    #[arg(long, value_name = "SCOPES", value_parser = parse_scopes)]
    scope: Option<Scopes>,
    /// Do not ask users for consent (`--first-party`), or ask them (`--first-party=false`).
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    first_party: Option<bool>,
    /// Accept authorization requests without a code challenge (`--no-pkce`), or refuse them (`--no-pkce=false`).
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_pkce: Option<bool>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, clients: &Clients) -> Result<(), Failure> {
    let NameArguments { name } = arguments.client.clone();
    let json = arguments.json;
    let changed =
        clients.change(name.clone(), |sent| arguments.applied_to(sent), Authority::operator(), UnixTime::now());
    let client = changed.await.map_err(failed(&name))?;
    if json {
        return say_json(&client);
    }
    say_client(&client);
    Ok(())
}

impl Arguments {
    fn applied_to(self, sent: SentRegistration) -> SentRegistration {
        let UriArguments { redirect_uris, post_logout_uris, origins, backchannel_logout_uri } = self.uris;
        let given = |values: Option<Vec<String>>, registered| {
            let values = values.map(|values| values.into_iter().filter(|value| !value.is_empty()).collect());
            values.unwrap_or(registered)
        };
        SentRegistration {
            kind: sent.kind,
            redirect_uris: given(redirect_uris, sent.redirect_uris),
            post_logout_uris: given(post_logout_uris, sent.post_logout_uris),
            origins: given(origins, sent.origins),
            backchannel_logout_uri: match backchannel_logout_uri {
                Some(uri) => Some(uri).filter(|uri| !uri.is_empty()),
                None => sent.backchannel_logout_uri,
            },
            scope: self.scope.map(|scope| scope.to_string()).or(sent.scope),
            first_party: self.first_party.unwrap_or(sent.first_party),
            requires_pkce: self.no_pkce.map_or(sent.requires_pkce, |no_pkce| !no_pkce),
        }
    }
}
