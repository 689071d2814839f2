//! A registration as people write it.

use serde::{Deserialize, Serialize};
use service_kit::Origin;
use url::Url;
use utoipa::ToSchema;

use super::{
    backchannel_uri::BackchannelUri,
    kind::Kind,
    redirect_uri::RedirectUri,
    registration::Registration,
    scopes::InvalidScopes,
    web_uri::{InvalidUri, check_transport},
};

/// How many URIs of one sort a client may have.
const MAX_URIS: usize = 20;
/// What clients that log users in may request unless it is said otherwise.
const LOGIN_SCOPES: &str = "openid profile email offline_access";

/// A registration as people write it: in a request, in a file, or on the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentRegistration {
    #[serde(default)]
    pub kind: Kind,
    /// Where users may be sent back to after a login; compared as strings, but for the port of a native client's loopback address.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub redirect_uris: Vec<String>,
    /// Where users may be sent back to after a logout.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub post_logout_uris: Vec<String>,
    /// Whose pages may read responses (CORS).
    #[serde(default)]
    #[schema(max_items = 20)]
    pub origins: Vec<String>,
    /// Where logout tokens are posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Scopes that the client may request, space-separated. Default: none for a service, otherwise `openid profile email
    /// offline_access`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whether users are not asked for consent.
    #[serde(default)]
    pub first_party: bool,
    /// Whether authorization requests need a code challenge (PKCE); `false` for web clients only.
    #[serde(default = "yes")]
    pub requires_pkce: bool,
}

/// Why a client cannot be registered so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRegistration {
    /// Not a URI to which users can be sent.
    #[error("Invalid {name}: {uri:?}: {why}")]
    RedirectUri {
        /// The field.
        name: &'static str,
        /// Its value.
        uri: String,
        /// What is wrong with it.
        why: InvalidUri,
    },
    /// Not a URI to which logout tokens can be sent.
    #[error("Invalid backchannel_logout_uri: {0:?}: {1}")]
    BackchannelUri(String, InvalidUri),
    /// Not an origin.
    #[error("Invalid origin: {0:?}; write it as browsers do: https://app.example.com, or http on loopback")]
    Origin(String),
    /// Not a list of scopes.
    #[error(transparent)]
    Scopes(#[from] InvalidScopes),
    /// Nobody needs so many.
    #[error("{0}: more than {MAX_URIS}")]
    TooMany(&'static str),
    /// A client that logs users in sends them somewhere.
    #[error("A {0} client needs at least one redirect URI")]
    NoRedirectUri(Kind),
    /// Something that clients of this kind do not have.
    #[error("A {0} client has no {1}")]
    NotForKind(Kind, &'static str),
}

impl SentRegistration {
    /// Of a client that logs users in and sends them back to these URIs.
    pub fn new(kind: Kind, redirect_uris: Vec<String>) -> Self {
        Self {
            kind,
            redirect_uris,
            post_logout_uris: Vec::new(),
            origins: Vec::new(),
            backchannel_logout_uri: None,
            scope: None,
            first_party: false,
            requires_pkce: true,
        }
    }

    /// What is registered, if it makes sense.
    ///
    /// # Errors
    /// A URI, origin, scope or combination of members that makes no sense for this kind of client.
    pub fn parse(&self) -> Result<Registration, InvalidRegistration> {
        let kind = self.kind;
        self.check_kind()?;
        let default_scopes = if kind == Kind::Service { "" } else { LOGIN_SCOPES };
        Ok(Registration {
            kind,
            redirect_uris: redirect_uris("redirect_uris", &self.redirect_uris, kind)?,
            post_logout_uris: redirect_uris("post_logout_uris", &self.post_logout_uris, kind)?,
            origins: each("origins", &self.origins, |origin| {
                parse_origin(origin).ok_or_else(|| InvalidRegistration::Origin(shortened(origin)))
            })?,
            backchannel_logout_uri: self.backchannel_logout_uri.as_deref().map(backchannel_uri).transpose()?,
            scopes: self.scope.as_deref().unwrap_or(default_scopes).parse()?,
            is_first_party: self.first_party,
            requires_pkce: self.requires_pkce,
        })
    }

    fn check_kind(&self) -> Result<(), InvalidRegistration> {
        let not_for_kind = |what| Err(InvalidRegistration::NotForKind(self.kind, what));
        if self.kind != Kind::Web && !self.requires_pkce {
            return not_for_kind("exception from PKCE");
        }
        if self.kind != Kind::Service {
            let has_any = !self.redirect_uris.is_empty();
            return if has_any { Ok(()) } else { Err(InvalidRegistration::NoRedirectUri(self.kind)) };
        }
        for (is_set, what) in [
            (!self.redirect_uris.is_empty(), "redirect URIs"),
            (!self.post_logout_uris.is_empty(), "redirect URIs after a logout"),
            (!self.origins.is_empty(), "origins"),
            (self.backchannel_logout_uri.is_some(), "logout notifications"),
            (self.first_party, "consent to skip"),
        ] {
            if is_set {
                return not_for_kind(what);
            }
        }
        Ok(())
    }
}

/// As it would be written.
impl From<&Registration> for SentRegistration {
    fn from(registration: &Registration) -> Self {
        let strings = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect();
        Self {
            kind: registration.kind,
            redirect_uris: strings(&registration.redirect_uris),
            post_logout_uris: strings(&registration.post_logout_uris),
            origins: registration.origins.iter().map(ToString::to_string).collect(),
            backchannel_logout_uri: registration.backchannel_logout_uri.as_ref().map(|uri| uri.as_str().to_owned()),
            scope: Some(registration.scopes.to_string()),
            first_party: registration.is_first_party,
            requires_pkce: registration.requires_pkce,
        }
    }
}

/// The origin of pages that are delivered by https, or on a loopback interface.
pub fn parse_origin(text: &str) -> Option<Origin> {
    let origin = Origin::parse(text)?;
    let url = Url::parse(text).ok()?;
    check_transport(&url).is_ok().then_some(origin)
}

fn redirect_uris(name: &'static str, strings: &[String], kind: Kind) -> Result<Vec<RedirectUri>, InvalidRegistration> {
    each(name, strings, |text| {
        let parsed = RedirectUri::parse(text).and_then(|uri| {
            // Browsers do not let pages and servers receive them.
            if uri.is_private_use() && kind != Kind::Native { Err(InvalidUri::Scheme) } else { Ok(uri) }
        });
        parsed.map_err(|why| InvalidRegistration::RedirectUri { name, uri: shortened(text), why })
    })
}

fn backchannel_uri(text: &str) -> Result<BackchannelUri, InvalidRegistration> {
    BackchannelUri::parse(text).map_err(|why| InvalidRegistration::BackchannelUri(shortened(text), why))
}

/// Each value once, in their order.
fn each<T: PartialEq>(
    name: &'static str,
    strings: &[String],
    parse: impl Fn(&str) -> Result<T, InvalidRegistration>,
) -> Result<Vec<T>, InvalidRegistration> {
    if strings.len() > MAX_URIS {
        return Err(InvalidRegistration::TooMany(name));
    }
    let mut parsed = Vec::new();
    for text in strings {
        let value = parse(text)?;
        if !parsed.contains(&value) {
            parsed.push(value);
        }
    }
    Ok(parsed)
}

/// For a message.
fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

fn yes() -> bool {
    true
}
