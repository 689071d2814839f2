//! The address to listen on.

use std::net::{SocketAddr, TcpListener};

use super::check::Check;
use crate::health_check::HealthCheck;

const NAME: &str = "listen";

/// Whether it is an address of this machine; its port may be in use by the service itself.
pub fn check_listener(listen: SocketAddr, has_tls: bool) -> Check {
    let any_port = SocketAddr::new(listen.ip(), 0);
    if let Err(error) = TcpListener::bind(any_port) {
        let remedy = "Set it to an address of this machine, or to 0.0.0.0 for all of them.";
        return Check::error(NAME, format!("{}: {error}", listen.ip()), remedy);
    }
    if listen.port() == 0 || HealthCheck::is_live(listen, has_tls) {
        let what = if listen.port() == 0 { "any free port" } else { "the service responds" };
        return Check::ok(NAME, format!("{listen}: {what}"));
    }
    match TcpListener::bind(listen) {
        Ok(_) => Check::ok(NAME, format!("{listen}: free, the service is not running here")),
        Err(error) => {
            let remedy =
                "Stop the program that uses it, or choose another port; ports below 1024 need CAP_NET_BIND_SERVICE.";
            Check::error(NAME, format!("{listen}: {error}, and the service does not respond there"), remedy)
        }
    }
}
