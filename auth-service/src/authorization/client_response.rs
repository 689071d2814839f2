//! The response to an application: a code or an error, by way of the browser.

use actix_web::{HttpResponse, http::StatusCode};

use super::{
    dialog::Dialog,
    redirect::{Redirect, ResponseMode, see_other},
    refusal::Refusal,
};
use crate::pages::{form_post::FormPost, page::Page};

impl Dialog {
    /// The redirect with a code.
    pub fn send_code(&self, redirect: &Redirect, code: &str) -> HttpResponse {
        self.respond(redirect, &redirect.success(code, self.authorizations.issuer()))
    }

    /// The redirect with an error.
    pub fn refuse(&self, redirect: &Redirect, refusal: Refusal) -> HttpResponse {
        self.respond(redirect, &redirect.refusal(refusal, &refusal.to_string(), self.authorizations.issuer()))
    }

    fn respond(&self, redirect: &Redirect, members: &[(&'static str, &str)]) -> HttpResponse {
        match redirect.mode {
            ResponseMode::Query if redirect.is_of_website() => self.visit.leave(&redirect.with(members)),
            ResponseMode::Query => see_other(&redirect.with(members)),
            ResponseMode::FormPost => {
                let page = Page::FormPost(FormPost { action: redirect.uri(), fields: members });
                self.visit.show(StatusCode::OK, &page, None)
            }
        }
    }
}
