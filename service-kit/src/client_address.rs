//! The address of a client behind proxies.

use std::{net::IpAddr, str::FromStr};

use actix_web::{HttpRequest, http::header::HeaderName};
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
        let values: Vec<_> = req.headers().get_all(FORWARDED_FOR).filter_map(|value| value.to_str().ok()).collect();
        for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
            if !self.has(address) {
                break;
            }
            let Ok(next) = hop.trim().parse() else { break };
            address = next;
        }
        Some(address)
    }

    fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
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
    }

    #[test]
    fn client_supplied_forwarding_headers_are_ignored() {
        assert_eq!(address("10.1.1.1:9", &["203.0.113.5, 198.51.100.7, 10.2.2.2"]), "198.51.100.7");
        assert_eq!(address("10.1.1.1:9", &["203.0.113.5", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(address("10.1.1.1:9", &["203.0.113.5, junk"]), "10.1.1.1");
    }
}
