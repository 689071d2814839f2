//! Who sends a guess.

use std::net::IpAddr;

use super::device_token::Device;
use crate::ids::SessionId;

/// Who sends a guess.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender {
    /// The address, if known.
    pub address: Option<IpAddr>,
    /// The device, if the request has a valid token of one.
    pub device: Option<Device>,
    /// The session of the user whose password it is, if the request has a token of it.
    pub session: Option<SessionId>,
}

impl Sender {
    /// The same to a user who has changed the password so many times: a device of before is unknown.
    #[must_use]
    pub fn since(self, password_changes: i64) -> Self {
        Self { device: self.device.filter(|device| device.password_changes == password_changes), ..self }
    }
}
