//! The pages that ask the user about an authorization request: login, registration, consent.

use actix_web::{HttpResponse, http::StatusCode};

use super::{asked::Asked, dialog::Dialog};
use crate::{
    config::Registration,
    pages::{
        consent::{Consent, listed},
        login::Login,
        page::Page,
        problem::Problem,
        register::Register,
    },
    sessions::browser_login::SignedInBrowser,
};

impl Dialog {
    /// The login page.
    pub fn ask_to_log_in(
        &self,
        asked: &Asked,
        status: StatusCode,
        username: Option<&str>,
        problem: Option<Problem>,
    ) -> HttpResponse {
        let page = Page::Login(Login {
            interaction: &self.write(&asked.interaction, &asked.browser),
            client: Some(&asked.request.client.id),
            username: username.or(asked.request.login_hint.as_deref()).unwrap_or_default(),
            problem,
            may_register: self.registration == Registration::Open,
        });
        self.show_question(asked, status, &page)
    }

    /// The registration page; the login page where nobody may register.
    pub fn ask_to_register(
        &self,
        asked: &Asked,
        status: StatusCode,
        username: &str,
        problem: Option<Problem>,
    ) -> HttpResponse {
        if self.registration == Registration::Closed {
            return self.ask_to_log_in(asked, StatusCode::FORBIDDEN, None, Some(Problem::RegistrationClosed));
        }
        let interaction = &self.write(&asked.interaction, &asked.browser);
        let client = Some(&*asked.request.client.id);
        self.show_question(asked, status, &Page::Register(Register { interaction, client, username, problem }))
    }

    /// The consent page.
    pub fn ask_to_consent(&self, asked: &Asked, browser: &SignedInBrowser) -> HttpResponse {
        // The user who answers must be the one who was asked.
        let interaction = asked.interaction.clone().asking(browser.session.id);
        let page = Page::Consent(Consent {
            interaction: &self.write(&interaction, &asked.browser),
            client: &asked.request.client.id,
            redirect_host: &asked.request.redirect.host(),
            scopes: &listed(asked.request.scopes.iter()),
            username: &browser.user.username,
        });
        self.show_question(asked, StatusCode::OK, &page)
    }

    fn show_question(&self, asked: &Asked, status: StatusCode, page: &Page<'_>) -> HttpResponse {
        let target = asked.request.redirect.form_target();
        let locales = asked.interaction.parameters.find("ui_locales");
        let answer = self.visit.show_in(locales, status, page, target.as_deref());
        self.visit.recognizing(answer, asked.browser.clone())
    }
}
