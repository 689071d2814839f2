//! From where a user's password is guessed.

use std::fmt;

use ipnet::IpNet;
use uuid::Uuid;

use crate::ids::SessionId;

/// From where a user's password is guessed. Each lane has a budget of its own, so that strangers who use theirs up do not keep
/// out the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// A device on which the user has logged in.
    Device(Uuid),
    /// A session of the user, whose access token was sent; for that of an application, the browser session that it belongs to.
    Session(SessionId),
    /// A network in which the user has a live session.
    Network(IpNet),
    /// Anywhere else.
    Stranger,
}

impl Lane {
    /// Whether the user has been there before.
    pub fn is_known(self) -> bool {
        self != Self::Stranger
    }
}

/// As stored.
impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(id) => write!(f, "device:{id}"),
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Network(network) => write!(f, "network:{network}"),
            Self::Stranger => f.write_str("stranger"),
        }
    }
}
