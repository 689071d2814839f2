//! The steps from an authorization request to its response: which is next, and what leads from one to another.

use actix_web::{HttpResponse, http::StatusCode};
use shared::UnixTime;

use super::{
    asked::Asked,
    authorizations::{Grant, Issued},
    decision::{Decision, Known, decide},
    dialog::Dialog,
    interaction::Interaction,
    redirect::see_other,
    refusal::Refusal,
};
use crate::{form_encoding::form_encoded, ids::SessionId, sessions::browser_login::SignedInBrowser};

/// Whether a user has just consented.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Consent {
    Given,
    NotNeeded,
}

impl Dialog {
    /// Decides a request, and answers it.
    pub async fn go_on(&self, asked: Asked, now: UnixTime) -> HttpResponse {
        match (self.decide(&asked, now), &asked.signed_in) {
            (Decision::Refuse(refusal), _) => self.refuse(&asked.request.redirect, refusal),
            (Decision::Register, _) => self.ask_to_register(&asked, StatusCode::OK, "", None),
            (Decision::Grant, Some(browser)) => self.grant(&asked, browser, Consent::NotNeeded, now).await,
            (Decision::Ask, Some(browser)) => self.ask_to_consent(&asked, browser),
            (Decision::LogIn, _) | (_, None) => self.ask_to_log_in(&asked, StatusCode::OK, None, None),
        }
    }

    /// The redirect with a code, once the user has consented; or the page that is next since then.
    pub async fn go_on_with_consent(&self, asked: Asked, now: UnixTime) -> HttpResponse {
        match (self.decide(&asked, now), asked.user_asked()) {
            (Decision::Ask | Decision::Grant, Some(browser)) => self.grant(&asked, browser, Consent::Given, now).await,
            _ => self.go_on(asked, now).await,
        }
    }

    /// On to the next page, once the user has logged in in that browser session: the form is not sent again when the page is
    /// reloaded.
    pub fn go_on_after_login(&self, asked: Asked, session: SessionId, now: UnixTime) -> HttpResponse {
        self.see_next(&asked.interaction.after_login(session, now), asked.browser)
    }

    fn decide(&self, asked: &Asked, now: UnixTime) -> Decision {
        let Asked { request, signed_in, granted, .. } = asked;
        let hint = request.id_token_hint.as_deref().and_then(|token| self.authorizations.read_hint(token, now));
        // One application learns nothing about the users of another.
        let hint = hint.filter(|hint| hint.client_id == request.client.id);
        let (browser, granted, hint) = (signed_in.as_ref(), granted.as_ref(), hint.as_ref());
        decide(request, &Known { browser, granted, hint, has_logged_in: asked.has_logged_in() }, now)
    }

    async fn grant(&self, asked: &Asked, browser: &SignedInBrowser, consent: Consent, now: UnixTime) -> HttpResponse {
        let Asked { interaction, request, .. } = asked;
        let consents = consent == Consent::Given;
        let grant = Grant { request, browser, interaction: interaction.id, consents };
        match self.authorizations.issue_code(grant, self.client.clone(), now).await {
            Ok(Issued::Code(code)) => self.send_code(&request.redirect, &code),
            // The page was sent again: it may have been a login or a consent of long ago that it shows.
            Ok(Issued::Before) => self.see_next(&interaction.clone().again(now), asked.browser.clone()),
            Ok(Issued::Nothing) if request.prompt.none => self.refuse(&request.redirect, Refusal::LoginRequired),
            Ok(Issued::Nothing) => self.ask_to_log_in(asked, StatusCode::OK, None, None),
            Err(error) => self.failed(error.into()),
        }
    }

    fn see_next(&self, interaction: &Interaction, browser: String) -> HttpResponse {
        let query = form_encoded([("interaction", self.write(interaction, &browser))]);
        let answer = see_other(&self.visit.path(&format!("/authorize/continue?{query}")));
        self.visit.recognizing(answer, browser)
    }
}
