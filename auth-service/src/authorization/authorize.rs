//! `/authorize`.

use actix_web::{HttpRequest, HttpResponse};
use shared::UnixTime;

use super::{dialog::Dialog, parameters::Parameters, redirect::see_other, sent_parameters::SentParameters};
use crate::pages::fault::Fault;

/// `GET /authorize`: an application asks for a login (RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2.1). The
/// answer is a page, or the redirect to the application.
pub async fn authorize(dialog: Dialog) -> HttpResponse {
    match Parameters::parse(dialog.visit.query()) {
        Ok(parameters) => dialog.begin(parameters, UnixTime::now()).await,
        Err(_) => dialog.fault(Fault::Unreadable),
    }
}

/// `POST /authorize`: the same, with the parameters in a form.
pub async fn authorize_by_form(req: HttpRequest, dialog: Dialog, sent: SentParameters) -> HttpResponse {
    let Ok(parameters) = sent.0 else { return dialog.fault(Fault::Unreadable) };
    if dialog.is_cross_site(&req) && !parameters.has_repeated() {
        // The browser has kept its cookies back from this request. It sends them with the next one, which comes from this service.
        return see_other(&dialog.visit.path(&format!("/authorize?{}", parameters.to_query())));
    }
    dialog.begin(parameters, UnixTime::now()).await
}
