//! What is to be done with an authorization request.

use shared::UnixTime;

use super::{refusal::Refusal, request::AuthorizationRequest};
use crate::{clients::scopes::Scopes, sessions::browser_login::SignedInBrowser, tokens::id_token_hint::IdTokenHint};

/// What is to be done with an authorization request.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// The user has to log in.
    LogIn,
    /// The user wants to register.
    Register,
    /// The user has to consent.
    Ask,
    /// A code is issued.
    Grant,
    /// The client is refused.
    Refuse(Refusal),
}

/// What is known when a request is decided.
pub struct Known<'a> {
    /// The browser's session.
    pub browser: Option<&'a SignedInBrowser>,
    /// What its user has granted to the client before.
    pub granted: Option<&'a Scopes>,
    /// The ID token in the request, if it is one of ours.
    pub hint: Option<&'a IdTokenHint>,
    /// Whether its user has logged in for this request.
    pub has_logged_in: bool,
}

/// Decides a request (OpenID Connect Core 1.0, section 3.1.2).
pub fn decide(request: &AuthorizationRequest, known: &Known<'_>, now: UnixTime) -> Decision {
    let prompt = request.prompt;
    let Some(browser) = known.browser.filter(|browser| !needs_login(request, browser, known, now)) else {
        if prompt.none {
            return Decision::Refuse(Refusal::LoginRequired);
        }
        return if prompt.create { Decision::Register } else { Decision::LogIn };
    };
    let is_expected = match known.hint {
        Some(hint) => hint.user == browser.session.user_id,
        // Without a page nobody can see that it may be another user.
        None => request.id_token_hint.is_none() || !prompt.none,
    };
    if !is_expected {
        // The user who has just logged in is not the one that the client expects.
        return Decision::Refuse(Refusal::LoginRequired);
    }
    if !request.client.registration.is_first_party {
        let is_covered = known.granted.is_some_and(|granted| request.scopes.are_among(granted));
        if prompt.consent || !is_covered || request.is_impersonable() {
            return ask(request, Refusal::ConsentRequired);
        }
    } else if prompt.consent || (request.is_impersonable() && !known.has_logged_in) {
        return ask(request, Refusal::InteractionRequired);
    }
    Decision::Grant
}

fn ask(request: &AuthorizationRequest, refusal: Refusal) -> Decision {
    if request.prompt.none { Decision::Refuse(refusal) } else { Decision::Ask }
}

fn needs_login(request: &AuthorizationRequest, browser: &SignedInBrowser, known: &Known<'_>, now: UnixTime) -> bool {
    let auth_time = browser.session.auth_time;
    let is_too_old = request.max_age.is_some_and(|max_age| now.since(auth_time) > max_age);
    if known.has_logged_in {
        // `max_age=0` asks for no more than that.
        return is_too_old && request.max_age.is_some_and(|max_age| !max_age.is_zero());
    }
    let is_another = known.hint.is_some_and(|hint| hint.user != browser.session.user_id);
    let is_zero = request.max_age.is_some_and(|max_age| max_age.is_zero());
    request.prompt.login || request.prompt.create || is_too_old || is_another || is_zero
}
