//! The origins whose pages may read responses.

use std::net::SocketAddr;

use url::{Host, Url};

use super::check::Check;
use crate::{list::List, settings::SettingsSpec};

/// Whether others could change the pages of these origins: plain http, and those of a developer's own machine.
pub fn check_web_origins(spec: &SettingsSpec, origins: &List, listen: SocketAddr) -> Vec<Check> {
    const NAME: &str = "cors";
    let found: Vec<_> = origins
        .iter()
        .filter_map(|origin| doubt(origin, listen))
        .map(|why| Check::warning(NAME, why, format!("Remove it from {}.", spec.variable("cors.origins"))))
        .collect();
    if !found.is_empty() {
        return found;
    }
    let allowed = origins.to_string();
    vec![Check::ok(
        NAME,
        if allowed.is_empty() { "pages of other origins cannot read responses".to_owned() } else { allowed },
    )]
}

/// Why others could change the pages of this origin.
fn doubt(origin: &str, listen: SocketAddr) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    match (is_loopback(&url), url.scheme()) {
        (true, _) if listen.ip().is_loopback() => None,
        (true, _) => Some(format!("{origin} is whatever listens there on a visitor's own machine")),
        (false, "http") => Some(format!("{origin} is not https: anyone on the network can change its pages")),
        (false, _) => None,
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
