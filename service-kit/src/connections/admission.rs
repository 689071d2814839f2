//! How many connections there are, and from where.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::ConnectionConfig;
use crate::{
    client_address::TrustedProxies,
    metrics::{EventCounter, Scrape},
};

/// The open connections of a service, all workers together.
#[derive(Debug)]
pub struct Connections {
    config: ConnectionConfig,
    proxies: TrustedProxies,
    open: AtomicU64,
    by_address: Mutex<HashMap<IpAddr, u32>>,
    closed: EventCounter,
}

/// The place of an open connection, given back when dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    connections: Arc<Connections>,
    address: Option<IpAddr>,
}

impl Connections {
    pub(super) const SLOW_REQUEST: &str = "slow_request";
    pub(super) const SLOW_RESPONSE: &str = "slow_response";
    pub(crate) const HANDSHAKE: &str = "tls_handshake";
    const ADDRESS_LIMIT: &str = "address_limit";

    /// Connections with these limits. Everybody's connections come through the proxies, which is why these have no limit.
    pub fn new(config: ConnectionConfig, proxies: TrustedProxies) -> Arc<Self> {
        let closed = EventCounter::new([Self::ADDRESS_LIMIT, Self::SLOW_REQUEST, Self::SLOW_RESPONSE, Self::HANDSHAKE]);
        Arc::new(Self { config, proxies, open: AtomicU64::new(0), by_address: Mutex::default(), closed })
    }

    /// Metrics about them.
    pub fn metrics(self: &Arc<Self>) -> impl Fn(&mut Scrape<'_>) + Send + Sync + 'static {
        let connections = Arc::clone(self);
        move |scrape| {
            scrape.gauge("http_connections_open", "Open HTTP connections.", connections.open.load(Relaxed));
            scrape.gauge("http_connections_max", "Maximum number of open HTTP connections.", connections.config.max);
            let help = "HTTP connections closed because of a limit or a failed TLS handshake, by reason.";
            scrape.counters("http_connections_closed", help, connections.closed.samples("reason"));
        }
    }

    pub(crate) fn config(&self) -> &ConnectionConfig {
        &self.config
    }

    /// Admits a connection, unless its address has too many.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Admitted> {
        let address = self.is_limited(peer).then(|| network_of(peer));
        if let Some(address) = address {
            let mut by_address = self.by_address();
            let count = by_address.entry(address).or_default();
            if *count >= self.config.per_address {
                self.closed.count(Self::ADDRESS_LIMIT);
                return None;
            }
            *count += 1;
        }
        self.open.fetch_add(1, Relaxed);
        Some(Admitted { connections: Arc::clone(self), address })
    }

    /// Counts a connection that is closed for this reason.
    pub(crate) fn count_closed(&self, reason: &'static str) {
        self.closed.count(reason);
    }

    fn is_limited(&self, peer: IpAddr) -> bool {
        let this_machine = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        !this_machine.contains(&peer.to_canonical()) && !self.proxies.has(peer)
    }

    fn by_address(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.connections.open.fetch_sub(1, Relaxed);
        let Some(address) = self.address else { return };
        let mut by_address = self.connections.by_address();
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// A household or a server has a whole `/64` of IPv6 addresses.
fn network_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of three connections from these addresses are admitted, if one address may have two.
    fn admitted(peers: [&str; 3]) -> usize {
        let config = ConnectionConfig { per_address: 2, ..ConnectionConfig::default() };
        let connections = Connections::new(config, TrustedProxies::parse(["10.0.0.0/8"].into_iter()).unwrap());
        let admitted: Vec<_> = peers.iter().filter_map(|peer| connections.admit(peer.parse().unwrap())).collect();
        admitted.len()
    }

    #[test]
    fn an_address_has_a_limited_number_of_connections() {
        assert_eq!(admitted(["192.0.2.1"; 3]), 2);
        assert_eq!(admitted(["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"]), 2);
        assert_eq!(admitted(["192.0.2.1", "192.0.2.2", "192.0.2.3"]), 3);
        assert_eq!(admitted(["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"]), 2);
        assert_eq!(admitted(["2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1"]), 3);
    }

    #[test]
    fn proxies_and_this_machine_have_no_limit() {
        for peer in ["10.1.2.3", "127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(admitted([peer; 3]), 3, "{peer}");
        }
    }

    #[test]
    fn a_closed_connection_makes_room() {
        let config = ConnectionConfig { per_address: 1, ..ConnectionConfig::default() };
        let connections = Connections::new(config, TrustedProxies::default());
        let peer = "192.0.2.1".parse().unwrap();

        drop(connections.admit(peer).unwrap());

        assert!(connections.admit(peer).is_some());
        assert!(connections.by_address().is_empty());
    }
}
