//! Where logout tokens are sent.

use super::web_uri::{InvalidUri, check_transport, parse_normal};

/// A URI of a client's server, to which logout tokens are posted (OpenID Connect Back-Channel Logout, section 2.2): https, or
/// http on a loopback interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackchannelUri(String);

impl BackchannelUri {
    /// Reads a URI that is to be registered.
    ///
    /// # Errors
    /// [`InvalidUri`].
    pub fn parse(text: &str) -> Result<Self, InvalidUri> {
        check_transport(&parse_normal(text)?)?;
        Ok(Self(text.to_owned()))
    }

    /// As it is registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_60_a_back_channel_is_https_or_loopback() {
        for text in ["https://app.example.com/backchannel-logout", "http://127.0.0.1:5010/backchannel-logout?x=1"] {
            assert!(BackchannelUri::parse(text).is_ok(), "{text}");
        }
        for text in ["http://app.example.com/", "com.example.app:/x", "https://app.example.com/#x", "/x", "file:///x"] {
            assert!(BackchannelUri::parse(text).is_err(), "{text}");
        }
    }
}
