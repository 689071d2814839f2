//! How clients reach a service: the checks that both programs have.

use std::net::SocketAddr;

use shared::UnixTime;

use super::{
    check::Check, examined::ExaminedSettings, listener::check_listener, open_files::check_open_files,
    proxies::check_proxies, tls::check_tls,
};
use crate::{connections::ConnectionConfig, list::List, tls::TlsConfig};

/// The settings of how clients reach a service.
pub struct Entrance<'a> {
    pub listen: SocketAddr,
    pub tls: &'a TlsConfig,
    pub connections: &'a ConnectionConfig,
    pub trusted_proxies: &'a List,
}

impl<T> ExaminedSettings<T> {
    /// Checks how clients reach the service, as far as the settings are certain.
    pub fn check_entrance(&self, entrance: &Entrance<'_>, now: UnixTime) -> Vec<Check> {
        let Entrance { listen, tls, connections, trusted_proxies } = entrance;
        let mut checks = Vec::new();
        if self.are_certain(&["listen", "tls.cert", "tls.key"]) {
            checks.push(check_listener(*listen, tls.is_set()));
            checks.extend(check_tls(self.spec, tls, now));
        }
        if self.is_certain("connections.max") {
            checks.push(check_open_files(connections.max));
        }
        if self.is_certain("trusted_proxies") {
            checks.extend(check_proxies(self.spec, trusted_proxies));
        }
        checks
    }
}
