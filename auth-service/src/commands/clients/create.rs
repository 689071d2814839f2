//! `auth-service clients create`.

use clap::Args;
use shared::UnixTime;

use super::{
    super::output::Failure,
    arguments::{UriArguments, parse_scopes},
    failed, parse_name,
    print::say_issued,
};
use crate::{
    authority::authority::Authority,
    clients::{
        client_id::ClientName, clients::Clients, kind::Kind, scopes::Scopes, sent_registration::SentRegistration,
    },
};

#[derive(Args)]
pub(in crate::commands) struct Arguments {
    /// A name such as `reports`; the id of a service is then `reports@clients`, that of other clients the name.
    #[arg(value_parser = parse_name)]
    name: ClientName,
    /// What kind of application it is.
    #[arg(long, value_enum, default_value_t = Kind::Service)]
    kind: Kind,
    #[command(flatten)]
    uris: UriArguments,
    /// Scopes that the client may request, space-separated. Default: none for a service, otherwise `openid profile email
    /// offline_access`.
    #[arg(long, value_name = "SCOPES", value_parser = parse_scopes)]
    scope: Option<Scopes>,
    /// Do not ask users for consent: for the operator's own applications.
    #[arg(long)]
    first_party: bool,
    /// Accept authorization requests without a code challenge (PKCE): for web clients that cannot send one.
    #[arg(long)]
    no_pkce: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments, clients: &Clients) -> Result<(), Failure> {
    let Arguments { name, kind, uris, scope, first_party, no_pkce, json } = arguments;
    let sent = SentRegistration {
        kind,
        redirect_uris: uris.redirect_uris.unwrap_or_default(),
        post_logout_uris: uris.post_logout_uris.unwrap_or_default(),
        origins: uris.origins.unwrap_or_default(),
        backchannel_logout_uri: uris.backchannel_logout_uri,
        scope: scope.map(|scope| scope.to_string()),
        first_party,
        requires_pkce: !no_pkce,
    };
    let registration = sent.parse().map_err(|error| Failure::InvalidArguments(error.to_string()))?;
    let by = Authority::operator();
    let print = move |issued| say_issued(&issued, json);
    clients.create(name.clone(), registration, by, UnixTime::now(), print).await.map_err(failed(&name))
}
