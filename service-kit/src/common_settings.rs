//! Settings that every service has.

use std::io;

use crate::{client_address::TrustedProxies, list::List, settings::SettingsSpec, start_error::StartError};
use shared::verifier::{InvalidTokenLocations, TokenLocations};

impl SettingsSpec {
    /// The value of `token_location`.
    ///
    /// # Errors
    /// [`StartError`] for an invalid location.
    pub fn token_locations(&self, value: &str) -> Result<TokenLocations, StartError> {
        value.parse().map_err(|error: InvalidTokenLocations| {
            StartError::new(self.variable("token_location"), "invalid token location", error.to_string())
        })
    }

    /// The value of `trusted_proxies`.
    ///
    /// # Errors
    /// [`StartError`] with the first invalid network.
    pub fn trusted_proxies(&self, networks: &List) -> Result<TrustedProxies, StartError> {
        TrustedProxies::parse(networks.iter()).map_err(|error| {
            let remedy = "Set it to the networks of your load balancers, comma-separated, or unset it.";
            StartError::new(self.variable("trusted_proxies"), error.to_string(), remedy)
        })
    }

    /// The error for an unusable listener; names the setting `listen`.
    pub fn unusable_listener(&self, error: io::Error) -> StartError {
        StartError::new(self.variable("listen"), error.to_string(), "Set it to an address of this machine.")
    }
}
