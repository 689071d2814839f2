//! The registration page.

use actix_web::{HttpResponse, http::StatusCode, web::Data};
use service_kit::{ApiError, uninterrupted};
use shared::{Role, UnixTime};

use super::{dialog::Dialog, log_in, page_form::SentForm};
use crate::{
    config::Registration,
    pages::problem::Problem,
    users::{
        error::RegisterError,
        hash_threads::HashingError,
        registration::{Candidate, RegistrationError, Registrations},
    },
};

/// `GET /authorize/register`: the registration page, for a request that is under way.
pub async fn show_registration(dialog: Dialog) -> HttpResponse {
    match dialog.resume(&dialog.visit.interaction(), UnixTime::now()).await {
        Ok(asked) => dialog.ask_to_register(&asked, StatusCode::OK, "", None),
        Err(answer) => answer,
    }
}

/// `POST /authorize/register`: registers a user, who is logged in then, and goes on with the request.
///
/// # Errors
/// None but a panic; everything else is a page.
pub async fn register(
    dialog: Dialog,
    sent: SentForm,
    registrations: Data<Registrations>,
) -> Result<HttpResponse, ApiError> {
    let now = UnixTime::now();
    let form = match sent.0 {
        Ok(form) => form,
        Err(fault) => return Ok(dialog.fault(fault)),
    };
    if let Some(asked) = dialog.ask_once_more(&form, now).await {
        // The form may be another site's, so nothing of it is shown.
        return Ok(asked.map_or_else(
            |answer| answer,
            |asked| dialog.ask_to_register(&asked, StatusCode::BAD_REQUEST, "", Some(Problem::Expired)),
        ));
    }
    let asked = match dialog.resume_form(&form, now).await {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    if dialog.registration == Registration::Closed {
        return Ok(dialog.ask_to_register(&asked, StatusCode::FORBIDDEN, "", None));
    }
    uninterrupted(async move {
        let username = form.field("username").to_owned();
        let registered = async {
            let candidate = Candidate::parse(&username, form.field("password").to_owned())?;
            registrations.register(candidate, Role::USER, dialog.client.address.clone(), now).await
        };
        match registered.await {
            Ok(()) => log_in::enter(dialog, asked, form, now).await,
            Err(error) => Ok(match problem(&error) {
                Some((status, problem)) => dialog.ask_to_register(&asked, status, &username, Some(problem)),
                None => dialog.failed(error.into()),
            }),
        }
    })
    .await
}

/// What the user can do something about.
fn problem(error: &RegistrationError) -> Option<(StatusCode, Problem)> {
    let text = error.to_string();
    Some(match error {
        RegistrationError::InvalidUsername(_) | RegistrationError::RefusedName(_) => {
            (StatusCode::BAD_REQUEST, Problem::InvalidUsername(text))
        }
        RegistrationError::InvalidPassword(_) | RegistrationError::WeakPassword(_) => {
            (StatusCode::BAD_REQUEST, Problem::WeakPassword(text))
        }
        RegistrationError::Register(RegisterError::UsernameTaken) => (StatusCode::BAD_REQUEST, Problem::UsernameTaken),
        RegistrationError::TooMany(error) => {
            (StatusCode::TOO_MANY_REQUESTS, Problem::TooManyAttempts { retry_after: error.retry_after })
        }
        RegistrationError::Hashing(HashingError::QueueFull) => (StatusCode::SERVICE_UNAVAILABLE, Problem::Busy),
        _ => return None,
    })
}
