//! The proxies that are trusted.

use ipnet::IpNet;

use super::check::{Check, Status};
use crate::{client_address::TrustedProxies, list::List, settings::SettingsSpec};

/// Whether the networks of proxies are so large that they may contain clients: a client with an address there can claim any other
/// in `X-Forwarded-For`, and so evade limits by address.
pub(super) fn check_proxies(spec: &SettingsSpec, networks: &List) -> Vec<Check> {
    const NAME: &str = "proxies";
    // Anything but a network is an error of the settings.
    let Ok(proxies) = TrustedProxies::parse(networks.iter()) else { return vec![Check::ok(NAME, "not known")] };
    if proxies.networks().is_empty() {
        return vec![Check::ok(NAME, "none is trusted: the address of a client is that of its connection")];
    }
    let suspect = |network: &IpNet| {
        let status = Some(seriousness(network)).filter(|status| *status != Status::Ok)?;
        let remedy = format!("Set {} to the addresses of your load balancers alone.", spec.variable("trusted_proxies"));
        let detail = format!("{network} is trusted, and clients in it can forge their address");
        Some(Check::of(status, NAME, detail, remedy))
    };
    let found: Vec<_> = proxies.networks().iter().filter_map(suspect).collect();
    if found.is_empty() { vec![Check::ok(NAME, format!("trusted: {networks}"))] } else { found }
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
