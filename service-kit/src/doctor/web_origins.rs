//! The origins whose pages may read responses.

use std::net::SocketAddr;

use url::{Host, Url};

use super::check::Check;
use crate::{list::List, settings::SettingsSpec};

/// Whether others could change the pages of these origins: plain http, and those of a developer's own machine.
pub fn check_web_origins(spec: &SettingsSpec, origins: &List, listen: SocketAddr) -> Check {
    const NAME: &str = "cors";
    let suspect = |why: String| {
        let remedy = format!("Remove it from {}.", spec.variable("cors.origins"));
        Check::warning(NAME, why, remedy)
    };
    for origin in origins.iter() {
        let Ok(url) = Url::parse(origin) else { continue };
        let is_local = is_loopback(&url);
        if is_local && !listen.ip().is_loopback() {
            return suspect(format!("{origin} is whatever listens there on a visitor's own machine"));
        }
        if url.scheme() == "http" && !is_local {
            return suspect(format!("{origin} is not https: anyone on the network can change its pages"));
        }
    }
    let count = origins.iter().count();
    Check::ok(
        NAME,
        if count == 0 { "pages of other origins cannot read responses".to_owned() } else { origins.to_string() },
    )
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
