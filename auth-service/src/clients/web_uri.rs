//! What the URIs of clients have in common.

use url::{Host, Url};

/// The greatest length of a URI, in bytes.
const MAX_LEN: usize = 1000;

/// Why a URI cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUri {
    /// Nobody needs that.
    #[error("it is longer than {MAX_LEN} bytes")]
    TooLong,
    /// A character that programs read differently, or that has to be percent-encoded.
    #[error("it has a character that must be percent-encoded")]
    Character,
    /// No URI, or a relative one.
    #[error("it is not an absolute URI")]
    NotAbsolute,
    /// OAuth forbids it.
    #[error("it has a fragment")]
    Fragment,
    /// A name or password would mislead people.
    #[error("it has a username or password")]
    UserInfo,
    /// The host is no name or address, or ends with a dot.
    #[error("its host is not a plain host name or IP address")]
    Host,
    /// Everybody on the way could read the code.
    #[error("http is allowed for loopback addresses only: use https")]
    Insecure,
    /// Another program could claim it.
    #[error(
        "its scheme must be https, http on loopback or, for native clients, a domain name in reverse: com.example.app"
    )]
    Scheme,
    /// Programs that normalise URIs would send another one.
    #[error("write it as {0}")]
    NotNormal(String),
}

/// A URI in its normal form, with nothing in it that programs read differently.
///
/// # Errors
/// [`InvalidUri`].
pub fn parse_normal(text: &str) -> Result<Url, InvalidUri> {
    if text.len() > MAX_LEN {
        return Err(InvalidUri::TooLong);
    }
    if text.contains('#') {
        return Err(InvalidUri::Fragment);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte)) || !is_well_encoded(text) {
        return Err(InvalidUri::Character);
    }
    let url = Url::parse(text).map_err(|_| InvalidUri::NotAbsolute)?;
    if !url.username().is_empty() || url.password().is_some() || has_at_sign(text) {
        return Err(InvalidUri::UserInfo);
    }
    let normal = url.as_str();
    let is_normal = normal == text || (normal.strip_suffix('/') == Some(text) && url.path() == "/");
    if is_normal { Ok(url) } else { Err(InvalidUri::NotNormal(normal.to_owned())) }
}

/// Checks that a URI is https, or http on a loopback interface.
///
/// # Errors
/// [`InvalidUri`].
pub fn check_transport(url: &Url) -> Result<(), InvalidUri> {
    match url.scheme() {
        "https" if has_plain_host(url) => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "https" => Err(InvalidUri::Host),
        "http" => Err(InvalidUri::Insecure),
        _ => Err(InvalidUri::Scheme),
    }
}

/// Whether the host is a loopback address or `localhost`.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        _ => is_loopback_address(url),
    }
}

/// Whether the host is a loopback address.
pub fn is_loopback_address(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}

/// URLs may have hosts such as `*` or `a;b`, which mean something else in a content security policy.
fn has_plain_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
            name.bytes().all(is_plain) && name.split('.').all(|label| !label.is_empty())
        }
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// An empty username is not seen in the parsed URL.
fn has_at_sign(text: &str) -> bool {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    after_scheme.split(['/', '?']).next().is_some_and(|authority| authority.contains('@'))
}

fn is_well_encoded(text: &str) -> bool {
    let is_encoded = |part: &str| part.as_bytes().iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2;
    text.split('%').skip(1).all(is_encoded)
}
