//! The address of a client behind proxies.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
    sync::Once,
};

use actix_web::{
    HttpRequest,
    http::header::{HeaderName, HeaderValue},
};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks of your proxies: only their `X-Forwarded-For` is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// An invalid network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a network such as 10.0.0.0/8 nor an address")]
pub struct InvalidNetwork(String);

impl TrustedProxies {
    /// Parses networks (`10.0.0.0/8`) and single addresses.
    ///
    /// # Errors
    /// [`InvalidNetwork`] with the first invalid one.
    pub fn parse<'a>(networks: impl Iterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        let parse = |text: &'a str| {
            IpNet::from_str(text)
                .or_else(|_| IpAddr::from_str(text).map(IpNet::from))
                .map_err(|_| InvalidNetwork(text.to_owned()))
        };
        networks.map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// The client's address: the last one in `X-Forwarded-For` that is not one of your proxies. Addresses further to the
    /// left could be forged.
    pub fn client_address(&self, req: &HttpRequest) -> Option<IpAddr> {
        let mut address = req.peer_addr()?.ip();
        if self.0.is_empty() && req.headers().contains_key(FORWARDED_FOR) {
            warn_once();
        }
        let values: Vec<_> = req.headers().get_all(FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
        for hop in values.iter().rev().flat_map(|value| value.rsplit(|byte| *byte == b',')) {
            if !self.has(address) {
                break;
            }
            let Some(next) = address_of(hop) else { break };
            address = next;
        }
        Some(address.to_canonical())
    }

    /// The networks of the proxies.
    pub(crate) fn networks(&self) -> &[IpNet] {
        &self.0
    }

    /// Whether this is the address of one of your proxies.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

/// Behind a proxy that is not trusted all clients have one address, and share its limits.
fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        log::warn!(
            "X-Forwarded-For is ignored, since no proxy is trusted: behind a load balancer, set TRUSTED_PROXIES"
        );
    });
}

/// An address as balancers write it: alone, in brackets, or with a port.
fn address_of(hop: &[u8]) -> Option<IpAddr> {
    let hop = str::from_utf8(hop).ok()?.trim();
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(peer: &str, forwarded_for: &[&str]) -> String {
        let proxies = TrustedProxies::parse(["10.0.0.0/8", "::1"].into_iter()).unwrap();
        let request = TestRequest::default().peer_addr(peer.parse().unwrap());
        let request =
            forwarded_for.iter().fold(request, |request, value| request.append_header((FORWARDED_FOR, *value)));
        proxies.client_address(&request.to_http_request()).unwrap().to_string()
    }

    #[test]
    fn only_trusted_proxies_may_forward_addresses() {
        assert_eq!(address("192.0.2.1:9", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(address("10.1.1.1:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(address("[::1]:9", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            address("[::ffff:10.1.1.1]:9", &["::ffff:198.51.100.7"]),
            "198.51.100.7",
            "one form of each address"
        );
    }

    #[test]
    fn an_odd_byte_from_the_client_does_not_hide_what_the_proxy_has_appended() {
        let odd = HeaderValue::from_bytes(b"\xe9, 198.51.100.7").unwrap();
        let proxies = TrustedProxies::parse(["10.0.0.0/8"].into_iter()).unwrap();
        let request = TestRequest::default().peer_addr("10.1.1.1:9".parse().unwrap());
        let request = request.insert_header((FORWARDED_FOR, odd)).to_http_request();

        assert_eq!(proxies.client_address(&request).unwrap().to_string(), "198.51.100.7");
    }

    #[test]
    fn addresses_are_read_as_balancers_write_them() {
        for (hop, expected) in [
            ("203.0.113.7:51008", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:51008", "2001:db8::7"),
            (" 203.0.113.7 ", "203.0.113.7"),
        ] {
            assert_eq!(address("10.1.1.1:9", &[hop]), expected);
            assert_eq!(address("10.1.1.1:9", &[&format!("{hop}, 10.2.2.2:80")]), expected);
        }
        for odd in ["203.0.113.7:", "203.0.113.7:x", "203.0.113.7:99999", "[203.0.113.7", "unknown", "_hidden", ""] {
            assert_eq!(address("10.1.1.1:9", &[odd]), "10.1.1.1", "{odd}");
        }
    }

    #[test]
    fn client_supplied_forwarding_headers_are_ignored() {
        assert_eq!(address("10.1.1.1:9", &["203.0.113.5, 198.51.100.7, 10.2.2.2"]), "198.51.100.7");
        assert_eq!(address("10.1.1.1:9", &["203.0.113.5", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(address("10.1.1.1:9", &["203.0.113.5, junk"]), "10.1.1.1");
    }
}
