//! What a page passes on: the request that the user is asked about.

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use shared::UnixTime;
use uuid::Uuid;

use super::parameters::Parameters;
use crate::ids::SessionId;

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
    /// Its own name: it is good for one code.
    pub id: Uuid,
    /// When the request arrived, or the user logged in.
    pub began_at: UnixTime,
    /// The browser session in which the user has logged in through it.
    pub login: Option<SessionId>,
    /// The browser session whose user is asked to consent, or whether to log out.
    pub asked: Option<SessionId>,
}

/// What the user is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To log an application in.
    Authorize,
    /// To log out.
    LogOut,
}

/// Where an interaction comes back from.
#[derive(Clone, Copy)]
pub struct SentFrom<'a> {
    /// What recognizes the browser now.
    pub browser: &'a str,
    /// Whether the browser says that a page of this service has sent it. Then it may have been written for the browser before it
    /// was recognized by this: two pages that are opened at once each get a cookie, of which the browser keeps one.
    pub is_own_page: bool,
}

/// Writes and reads interactions.
pub struct Interactions(Key);

/// The time in which a page is to be answered, in seconds. Afterwards the request starts again.
const MAX_AGE: i64 = 3600;
/// The signature, and that of the browser.
const TAG_LEN: usize = 32;
const HEAD_LEN: usize = 1 + 8 + 3 * 16 + TAG_LEN;
/// More than any that was written here.
const MAX_LEN: usize = (TAG_LEN + HEAD_LEN + Parameters::MAX_LEN) * 2;
/// Precedes a browser's cookie where that is signed; no purpose has this code.
const BROWSER: u8 = 0;

impl Interaction {
    /// For a request that has just arrived.
    pub fn new(purpose: Purpose, parameters: Parameters, now: UnixTime) -> Self {
        Self { purpose, parameters, id: Uuid::new_v4(), began_at: now, login: None, asked: None }
    }

    /// For the same request, as if it had just arrived.
    #[must_use]
    pub fn again(self, now: UnixTime) -> Self {
        Self::new(self.purpose, self.parameters, now)
    }

    /// For the same request, once its user has logged in in that browser session.
    #[must_use]
    pub fn after_login(self, browser: SessionId, now: UnixTime) -> Self {
        Self { login: Some(browser), ..self.again(now) }
    }

    /// The same, which asks the user of that browser session.
    #[must_use]
    pub fn asking(self, browser: SessionId) -> Self {
        Self { asked: Some(browser), ..self }
    }
}

impl Interactions {
    /// With this random key, which all nodes share.
    pub fn new(secret: &[u8]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    /// For the form of a page that is shown to the browser with this cookie.
    pub fn write(&self, interaction: &Interaction, browser: &str) -> String {
        let Interaction { purpose, parameters, id, began_at, login, asked } = interaction;
        let bytes_of = |session: &Option<SessionId>| session.map_or([0; 16], |id| *id.as_bytes());
        let plain = [
            &[purpose.code()][..],
            &began_at.seconds().to_be_bytes(),
            id.as_bytes(),
            &bytes_of(login),
            &bytes_of(asked),
            hmac::sign(&self.0, &browser_text(browser)).as_ref(),
            parameters.to_query().as_bytes(),
        ]
        .concat();
        let tag = hmac::sign(&self.0, &plain);
        URL_SAFE_NO_PAD.encode([tag.as_ref(), &plain].concat())
    }

    /// What was written for this browser; `None` for anything else. One that is too old starts again.
    pub fn read(&self, text: &str, purpose: Purpose, from: SentFrom<'_>, now: UnixTime) -> Option<Interaction> {
        if text.len() > MAX_LEN {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (tag, plain) = bytes.split_at_checked(TAG_LEN)?;
        hmac::verify(&self.0, plain, tag).ok()?;
        let (code, rest) = plain.split_first()?;
        if *code != purpose.code() {
            return None;
        }
        let (began_at, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (login, rest) = rest.split_first_chunk()?;
        let (asked, rest) = rest.split_first_chunk()?;
        let (browser, query) = rest.split_at_checked(TAG_LEN)?;
        if !from.is_own_page {
            hmac::verify(&self.0, &browser_text(from.browser), browser).ok()?;
        }
        let session = |bytes: &[u8; 16]| (*bytes != [0; 16]).then(|| SessionId::from_bytes(*bytes));
        let began_at = i64::from_be_bytes(*began_at);
        let interaction = Interaction {
            purpose,
            parameters: Parameters::parse(str::from_utf8(query).ok()?).ok()?,
            id: Uuid::from_bytes(*id),
            began_at: UnixTime::from_seconds(began_at),
            login: session(login),
            asked: session(asked),
        };
        let is_over = now.seconds().saturating_sub(began_at) > MAX_AGE;
        Some(if is_over { interaction.again(now) } else { interaction })
    }
}

fn browser_text(browser: &str) -> Vec<u8> {
    [&[BROWSER], browser.as_bytes()].concat()
}

impl Purpose {
    /// An earlier release wrote 1 and 2, with other contents.
    fn code(self) -> u8 {
        match self {
            Self::Authorize => 3,
            Self::LogOut => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_000_000);
    const SESSION: SessionId = SessionId::from_bytes([7; 16]);

    fn interaction() -> Interaction {
        let parameters = Parameters::parse("client_id=app&state=a%26b").unwrap();
        Interaction::new(Purpose::Authorize, parameters, NOW).after_login(SESSION, NOW).asking(SESSION)
    }

    fn from(browser: &str) -> SentFrom<'_> {
        SentFrom { browser, is_own_page: false }
    }

    #[test]
    fn an_interaction_is_read_as_written_by_its_own_browser_only() {
        let (interactions, written) = (Interactions::new(b"secret"), interaction());
        let text = interactions.write(&written, "browser");

        let read = |purpose, browser| interactions.read(&text, purpose, from(browser), NOW);

        assert_eq!(read(Purpose::Authorize, "browser"), Some(written));
        assert_eq!(read(Purpose::Authorize, "browse"), None);
        assert_eq!(read(Purpose::LogOut, "browser"), None);
        assert_eq!(Interactions::new(b"another").read(&text, Purpose::Authorize, from("browser"), NOW), None);
    }

    #[test]
    fn a_page_of_this_service_may_send_what_was_written_before_the_browser_was_recognized() {
        let (interactions, written) = (Interactions::new(b"secret"), interaction());
        let text = interactions.write(&written, "first");
        let own_page = SentFrom { browser: "second", is_own_page: true };

        assert_eq!(interactions.read(&text, Purpose::Authorize, own_page, NOW), Some(written));
        assert_eq!(Interactions::new(b"another").read(&text, Purpose::Authorize, own_page, NOW), None);
    }

    #[test]
    fn an_interaction_with_any_character_changed_is_invalid() {
        let interactions = Interactions::new(b"secret");
        let text = interactions.write(&interaction(), "browser");

        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let read = interactions.read(&changed, Purpose::Authorize, from("browser"), NOW);
            assert_eq!(read, None, "{changed}");
        }
    }

    #[test]
    fn an_old_interaction_starts_again() {
        let (interactions, written) = (Interactions::new(b"secret"), interaction());
        let text = interactions.write(&written, "browser");
        let later = UnixTime::from_seconds(NOW.seconds() + MAX_AGE + 1);

        let read = interactions.read(&text, Purpose::Authorize, from("browser"), later).unwrap();

        assert_eq!((read.began_at, read.login, read.asked), (later, None, None));
        assert_ne!(read.id, written.id);
    }
}
