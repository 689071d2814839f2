//! What a page passes on: the request that the user is asked about.

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::UnixTime;

use super::parameters::Parameters;
use crate::ids::UserId;

/// A request that the user is asked about. It is kept in the page, so that nobody who just looks at a page makes us store
/// anything, and the form may be sent to any node.
///
/// It is signed for one browser, by whose cookie it is recognized: it is the form's protection against forged requests as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// What is asked.
    pub purpose: Purpose,
    /// The request.
    pub parameters: Parameters,
    /// When it arrived. A login from then on is one for this request.
    pub began_at: UnixTime,
    /// The user who is asked, once one has logged in.
    pub user: Option<UserId>,
}

/// What the user is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To log an application in.
    Authorize,
    /// To log out.
    LogOut,
}

/// Writes and reads interactions.
pub struct Interactions(Key);

/// The time in which a page is to be answered, in seconds. Afterwards the request starts again.
const MAX_AGE: i64 = 3600;
const HEAD_LEN: usize = 1 + 8 + 8;
/// More than any that was written here.
const MAX_LEN: usize = (HEAD_LEN + Parameters::MAX_LEN + 32) * 2;

impl Interactions {
    /// With this random key, which all nodes share.
    pub fn new(secret: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// For the form of a page that is shown to the browser with this cookie.
    pub fn write(&self, interaction: &Interaction, browser: &str) -> String {
        let Interaction { purpose, parameters, began_at, user } = interaction;
        let user = user.map_or(0, UserId::number);
        let mut plain = vec![purpose.code()];
        plain.extend_from_slice(&began_at.seconds().to_be_bytes());
        plain.extend_from_slice(&user.to_be_bytes());
        plain.extend_from_slice(parameters.to_query().as_bytes());
        let tag = hmac::sign(&self.0, &bound(&plain, browser));
        URL_SAFE_NO_PAD.encode([tag.as_ref(), &plain].concat())
    }

    /// What was written for this browser; `None` for anything else. One that is too old starts again.
    pub fn read(&self, text: &str, purpose: Purpose, browser: &str, now: UnixTime) -> Option<Interaction> {
        if text.len() > MAX_LEN {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tag, plain) = bytes.split_at_checked(32)?;
        hmac::verify(&self.0, &bound(plain, browser), tag).ok()?;
        let (code, rest) = plain.split_first()?;
        let (began_at, rest) = rest.split_first_chunk()?;
        let (user, query) = rest.split_first_chunk()?;
        let (began_at, user) = (i64::from_be_bytes(*began_at), i64::from_be_bytes(*user));
        let is_fresh = now.seconds().saturating_sub(began_at) <= MAX_AGE;
        let interaction = Interaction {
            purpose,
            parameters: Parameters::parse(str::from_utf8(query).ok()?).ok()?,
            began_at: if is_fresh { UnixTime::from_seconds(began_at) } else { now },
            user: (is_fresh && user != 0).then(|| user.into()),
        };
        (*code == purpose.code()).then_some(interaction)
    }
}

/// No two pairs of a text and a browser are the same bytes.
fn bound(plain: &[u8], browser: &str) -> Vec<u8> {
    [&(browser.len() as u64).to_be_bytes(), browser.as_bytes(), plain].concat()
}

impl Purpose {
    fn code(self) -> u8 {
        match self {
            Self::Authorize => 1,
            Self::LogOut => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);

    fn interaction() -> Interaction {
        let parameters = Parameters::parse("client_id=app&state=a%26b").unwrap();
        Interaction { purpose: Purpose::Authorize, parameters, began_at: NOW, user: Some(7.into()) }
    }

    #[test]
    fn an_interaction_is_read_as_written_by_its_own_browser_only() {
        let interactions = Interactions::new(b"secret");
        let text = interactions.write(&interaction(), "browser");

        let read = |purpose, browser| interactions.read(&text, purpose, browser, NOW);

        assert_eq!(read(Purpose::Authorize, "browser"), Some(interaction()));
        assert_eq!(read(Purpose::Authorize, "browse"), None);
        assert_eq!(read(Purpose::LogOut, "browser"), None);
        assert_eq!(Interactions::new(b"another").read(&text, Purpose::Authorize, "browser", NOW), None);
    }

    #[test]
    fn an_interaction_with_any_character_changed_is_invalid() {
        let interactions = Interactions::new(b"secret");
        let text = interactions.write(&interaction(), "browser");

        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let read = interactions.read(&changed, Purpose::Authorize, "browser", NOW);
            assert_eq!(read, None, "{changed}");
        }
    }

    #[test]
    fn an_old_interaction_starts_again() {
        let interactions = Interactions::new(b"secret");
        let text = interactions.write(&interaction(), "browser");
        let later = UnixTime::from_seconds(NOW.seconds() + MAX_AGE + 1);

        let read = interactions.read(&text, Purpose::Authorize, "browser", later).unwrap();

        assert_eq!((read.began_at, read.user), (later, None));
    }
}
