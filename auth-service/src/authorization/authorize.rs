//! `/authorize`.

use actix_web::HttpResponse;
use shared::UnixTime;

use super::{dialog::Dialog, parameters::Parameters, redirect::see_other, sent_parameters::SentParameters};
use crate::pages::fault::Fault;

/// `GET /authorize`: an application asks for a login (RFC 6749, section 4.1.1; OpenID Connect Core 1.0, section 3.1.2.1). The
/// answer is a page, or the redirect to the application.
pub async fn authorize(dialog: Dialog) -> HttpResponse {
    match Parameters::parse(dialog.visit.query()) {
        Ok(parameters) => begin(&dialog, parameters).await,
        Err(_) => dialog.fault(Fault::Unreadable),
    }
}

/// `POST /authorize`: the same, with the parameters in a form.
pub async fn authorize_by_form(dialog: Dialog, sent: SentParameters) -> HttpResponse {
    let parameters = match sent.0 {
        Ok(parameters) => parameters,
        Err(fault) => return dialog.fault(fault),
    };
    if dialog.visit.is_cross_site() && !parameters.has_repeated() {
        // The browser has kept its cookies back from this request. It sends them with the next one, which comes from this service.
        return see_other(&dialog.visit.path(&format!("/authorize?{}", parameters.to_query())));
    }
    begin(&dialog, parameters).await
}

async fn begin(dialog: &Dialog, parameters: Parameters) -> HttpResponse {
    let now = UnixTime::now();
    match dialog.arrived(parameters, now).await {
        Ok(asked) => dialog.go_on(asked, now).await,
        Err(answer) => answer,
    }
}
