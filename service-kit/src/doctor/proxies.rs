//! The proxies that are trusted.

use ipnet::IpNet;

use super::check::{Check, Status};
use crate::{client_address::TrustedProxies, list::List, settings::SettingsSpec};

/// Whether the networks of proxies are so large that they may contain clients: whoever has an address there can claim any other
/// in `X-Forwarded-For`, and so evade limits by address.
pub fn check_proxies(spec: &SettingsSpec, networks: &List) -> Check {
    const NAME: &str = "proxies";
    // Anything but a network is an error of the settings.
    let Ok(proxies) = TrustedProxies::parse(networks.iter()) else { return Check::ok(NAME, "not known") };
    let worst =
        proxies.networks().iter().map(|network| (seriousness(network), network)).max_by_key(|(worst, _)| *worst as u8);
    match worst {
        None => Check::ok(NAME, "none is trusted: the address of a client is that of its connection"),
        Some((Status::Ok, _)) => Check::ok(NAME, format!("trusted: {networks}")),
        Some((status, network)) => {
            let variable = spec.variable("trusted_proxies");
            let remedy = format!("Set {variable} to the addresses of your load balancers alone.");
            Check::of(status, NAME, format!("{network} is trusted, and clients in it can forge their address"), remedy)
        }
    }
}

fn seriousness(network: &IpNet) -> Status {
    let shortest = match network {
        IpNet::V4(_) => 8,
        // Unique local addresses share a prefix of 7 bits; each site has one of 48.
        IpNet::V6(_) => 32,
    };
    match network.prefix_len() {
        0 => Status::Error,
        len if len < shortest => Status::Warning,
        _ => Status::Ok,
    }
}
