//! Settings that every service has, read in one way.

use std::io;

use crate::{List, SettingsSpec, StartError, TrustedProxies};
use shared::{InvalidTokenLocations, TokenLocations};

impl SettingsSpec {
    /// The value of `token_location`.
    ///
    /// # Errors
    /// [`StartError`] if it names no place.
    pub fn token_locations(&self, value: &str) -> Result<TokenLocations, StartError> {
        value.parse().map_err(|error: InvalidTokenLocations| {
            StartError::new(self.variable("token_location"), "it names no place", error.to_string())
        })
    }

    /// The value of `trusted_proxies`.
    ///
    /// # Errors
    /// [`StartError`] with the first that is no network.
    pub fn trusted_proxies(&self, networks: &List) -> Result<TrustedProxies, StartError> {
        TrustedProxies::parse(networks.iter()).map_err(|error| {
            let remedy = "Name the networks of your balancers, comma-separated, or none.";
            StartError::new(self.variable("trusted_proxies"), error.to_string(), remedy)
        })
    }

    /// Blames `listen` for a listener that cannot be used.
    pub fn unusable_listener(&self, error: io::Error) -> StartError {
        StartError::new(self.variable("listen"), error.to_string(), "Set it to an address of this machine.")
    }
}
