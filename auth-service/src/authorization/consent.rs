//! The consent page, and the way on from one page to the next.

use actix_web::{HttpResponse, http::StatusCode};
use shared::UnixTime;

use super::{dialog::Dialog, page_form::PageForm};

/// `GET /authorize/continue`: the next page of a request that is under way, or the redirect to the application.
pub async fn go_on(dialog: Dialog) -> HttpResponse {
    let now = UnixTime::now();
    match dialog.resume(&dialog.visit.interaction(), now).await {
        Ok(asked) => dialog.go_on(asked, now).await,
        Err(answer) => answer,
    }
}

/// `POST /authorize/consent`: the user consents, or does not.
pub async fn consent(dialog: Dialog, form: PageForm) -> HttpResponse {
    let now = UnixTime::now();
    let asked = match dialog.resume_form(&form, now).await {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    let browser = match dialog.signed_in(now).await {
        Ok(browser) => browser,
        Err(answer) => return answer,
    };
    let answers = asked.interaction.user;
    let browser = browser.filter(|browser| answers == Some(browser.session.user_id));
    match browser {
        Some(browser) if form.field("decision") == "allow" => dialog.grant_if_asked(asked, &browser, now).await,
        // Nobody has answered the question, or somebody else has logged in since it was asked.
        Some(_) => dialog.go_on(asked, now).await,
        None => dialog.ask_to_log_in(&asked, StatusCode::OK, None, None),
    }
}
