//! The network that one customer of a provider has.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv6Net};

/// The networks that an address is counted with, each with how many times the limit of an address it has: an IPv4 address
/// alone; of an IPv6 address its /64, which one host can have whole, and its /48, which one customer can.
pub fn networks_of(address: IpAddr) -> impl Iterator<Item = (IpNet, u32)> {
    let wider = match address.to_canonical() {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Some((prefix(address, 48), 4)),
    };
    [(network_of(address), 1)].into_iter().chain(wider)
}

/// The network of a host: an IPv4 address alone, of an IPv6 address its /64.
pub fn network_of(address: IpAddr) -> IpNet {
    match address.to_canonical() {
        address @ IpAddr::V4(_) => address.into(),
        IpAddr::V6(address) => prefix(address, 64),
    }
}

fn prefix(address: Ipv6Addr, len: u8) -> IpNet {
    // The length is valid.
    Ipv6Net::new(address, len).map_or(IpNet::from(IpAddr::V6(address)), |network| network.trunc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(address: &str) -> Vec<String> {
        networks_of(address.parse().unwrap()).map(|(network, factor)| format!("{network} x{factor}")).collect()
    }

    #[test]
    fn an_ipv4_address_is_counted_alone_also_in_ipv6_form() {
        assert_eq!(networks("203.0.113.7"), ["203.0.113.7/32 x1"]);
        assert_eq!(networks("::ffff:203.0.113.7"), ["203.0.113.7/32 x1"]);
    }

    #[test]
    fn an_ipv6_address_is_counted_with_its_host_and_its_customer() {
        assert_eq!(networks("2001:db8:1:2:3:4:5:6"), ["2001:db8:1:2::/64 x1", "2001:db8:1::/48 x4"]);
    }
}
