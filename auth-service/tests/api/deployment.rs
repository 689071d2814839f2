//! docker-compose.yml: whose `X-Forwarded-For` the issuer trusts.

use actix_web::test::TestRequest;
use service_kit::TrustedProxies;

const COMPOSE: &str = include_str!("../../../docker-compose.yml");

#[test]
fn in_compose_only_the_load_balancer_tells_the_clients_address() {
    let subnet = default_of("BALANCER_AUTH_SUBNET");

    assert!(COMPOSE.contains("AUTH__TRUSTED_PROXIES: *balancer-auth-subnet"));
    assert!(
        COMPOSE.contains("balancer-auth:\n    internal: true\n    ipam: {config: [{subnet: *balancer-auth-subnet}]}")
    );
    assert!(COMPOSE.contains("networks: [balancer-resource, keys]"), "replicas are not in the network that is trusted");
    assert_eq!(address(subnet, "10.213.1.2"), "203.0.113.9");
    // What Docker assigns to the network on which replicas reach the issuer, and that of the replicas and the balancer.
    for replica in ["172.18.0.5", "192.168.16.5", default_of("BALANCER_RESOURCE_SUBNET").trim_end_matches("0/24")] {
        let replica = if replica.ends_with('.') { format!("{replica}5") } else { replica.to_owned() };

        assert_eq!(address(subnet, &replica), replica);
    }
}

/// The client of a request from this peer that claims to be forwarded, if these proxies are trusted.
fn address(proxies: &str, peer: &str) -> String {
    let request = TestRequest::default().peer_addr(format!("{peer}:9").parse().unwrap());
    let request = request.insert_header(("X-Forwarded-For", "203.0.113.9")).to_http_request();
    let proxies = TrustedProxies::parse([proxies].into_iter()).unwrap();
    proxies.client_address(&request).unwrap().to_string()
}

/// The default of a variable in docker-compose.yml.
fn default_of(variable: &str) -> &'static str {
    let (_, rest) = COMPOSE.split_once(&format!("${{{variable}:-")).unwrap();
    rest.split('}').next().unwrap()
}
