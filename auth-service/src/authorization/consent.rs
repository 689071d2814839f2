//! The consent page, and the way on from one page to the next.

use actix_web::HttpResponse;
use shared::UnixTime;

use super::{dialog::Dialog, page_form::SentForm};

/// `GET /authorize/continue`: the next page of a request that is under way, or the redirect to the application.
pub async fn go_on(dialog: Dialog) -> HttpResponse {
    let now = UnixTime::now();
    match dialog.resume(&dialog.visit.interaction(), now).await {
        Ok(asked) => dialog.go_on(asked, now).await,
        Err(answer) => answer,
    }
}

/// `POST /authorize/consent`: the user consents, or does not.
pub async fn consent(dialog: Dialog, sent: SentForm) -> HttpResponse {
    let now = UnixTime::now();
    let form = match sent.0 {
        Ok(form) => form,
        Err(fault) => return dialog.fault(fault),
    };
    match dialog.resume_form(&form, now).await {
        Ok(asked) if form.field("decision") == "allow" => dialog.go_on_with_consent(asked, now).await,
        // Nobody has answered the question.
        Ok(asked) => dialog.go_on(asked, now).await,
        Err(answer) => answer,
    }
}
