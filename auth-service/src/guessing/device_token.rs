//! Device tokens: what a device shows on which the user has logged in before.

use std::time::Duration;

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::UnixTime;
use uuid::Uuid;

use crate::ids::UserId;

/// A device on which a user has logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The user.
    pub user: UserId,
    /// The device's id, random.
    pub id: Uuid,
    /// How often the user had changed the password by then. It is a device of the user until the next time: anyone who knew the
    /// old password is a stranger.
    pub password_changes: i64,
}

/// Writes device tokens and verifies them. A token has what is known of the device and the time, with an HMAC over them (RFC 2104), so
/// that no row is needed for it. It is no credential: it only keeps the user's own device from being counted with strangers.
pub struct DeviceTokens(Key);

const PREFIX: &str = "dt1.";
const LEN: usize = 8 + 16 + 8 + 8 + 32;
/// A device that has not been used for this long is a stranger.
const TTL: Duration = Duration::from_hours(180 * 24);

impl DeviceTokens {
    /// With this random key, which all nodes share.
    pub fn new(secret: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// The token of a device on which the user logs in now.
    pub fn write(&self, device: Device, now: UnixTime) -> String {
        let Device { user, id, password_changes } = device;
        let (user, times) = (user.number().to_be_bytes(), [password_changes, now.seconds()].map(i64::to_be_bytes));
        let plain = [&user[..], id.as_bytes(), times.as_flattened()].concat();
        let tag = self.tag(&plain);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&plain, tag.as_ref()].concat()))
    }

    /// The device of a token that was written with this key and has not expired.
    pub fn read(&self, text: &str, now: UnixTime) -> Option<Device> {
        let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() <= LEN * 2)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (user, rest) = bytes.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (password_changes, rest) = rest.split_first_chunk()?;
        let (issued_at, tag) = rest.split_first_chunk()?;
        let plain = bytes.get(..bytes.len() - tag.len())?;
        hmac::verify(&self.0, &labelled(plain), tag).ok()?;
        let issued_at = UnixTime::from_seconds(i64::from_be_bytes(*issued_at));
        let (user, password_changes) = (i64::from_be_bytes(*user).into(), i64::from_be_bytes(*password_changes));
        let device = Device { user, id: Uuid::from_bytes(*id), password_changes };
        (now < issued_at.plus(TTL)).then_some(device)
    }

    fn tag(&self, plain: &[u8]) -> hmac::Tag {
        hmac::sign(&self.0, &labelled(plain))
    }
}

/// The key has another use: neither tag is ever valid for the other.
fn labelled(plain: &[u8]) -> Vec<u8> {
    [b"device\0", plain].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

    fn device() -> Device {
        Device { user: 7.into(), id: Uuid::from_bytes([3; 16]), password_changes: 2 }
    }

    #[test]
    fn a_device_is_read_as_written_until_it_expires() {
        let tokens = DeviceTokens::new(b"secret");

        let text = tokens.write(device(), NOW);

        assert_eq!(tokens.read(&text, NOW), Some(device()));
        assert_eq!(tokens.read(&text, NOW.plus(TTL)), None);
    }

    #[test]
    fn a_token_that_is_changed_cut_or_of_another_key_is_no_device() {
        let tokens = DeviceTokens::new(b"secret");
        let text = tokens.write(device(), NOW);

        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(tokens.read(str::from_utf8(&changed).unwrap(), NOW), None);
            assert_eq!(tokens.read(&text[..at], NOW), None);
        }
        assert_eq!(DeviceTokens::new(b"another").read(&text, NOW), None);
    }
}
