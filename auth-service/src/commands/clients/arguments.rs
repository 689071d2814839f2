//! Arguments that `create` and `set` have in common.

use clap::Args;

use crate::clients::scopes::{InvalidScopes, Scopes};

#[derive(Args)]
pub(super) struct UriArguments {
    /// Where users may be sent back to after a login: https, http on loopback, or for native clients a scheme of their own such
    /// as `com.example.app:/callback`. Compared as a string.
    #[arg(long = "redirect-uri", value_name = "URI", num_args = 1..)]
    pub(super) redirect_uris: Option<Vec<String>>,
    /// Where users may be sent back to after a logout.
    #[arg(long = "post-logout-uri", value_name = "URI", num_args = 1..)]
    pub(super) post_logout_uris: Option<Vec<String>>,
    /// Origins whose pages may read responses of the token endpoint and the like (CORS).
    #[arg(long = "origin", value_name = "ORIGIN", num_args = 1..)]
    pub(super) origins: Option<Vec<String>>,
    /// Where logout tokens are posted.
    #[arg(long, value_name = "URI")]
    pub(super) backchannel_logout_uri: Option<String>,
}

pub(super) fn parse_scopes(text: &str) -> Result<Scopes, String> {
    text.parse().map_err(|error: InvalidScopes| error.to_string())
}
