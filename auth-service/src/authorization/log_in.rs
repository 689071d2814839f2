//! The login page.

use actix_web::{HttpResponse, http::StatusCode};
use service_kit::{ApiError, uninterrupted};
use shared::UnixTime;

use super::{
    asked::Asked,
    cookies::CookieKind,
    dialog::Dialog,
    page_form::{PageForm, SentForm},
};
use crate::{
    pages::problem::Problem,
    sessions::{browser_login::BrowserCredentials, error::SessionError},
    users::{authentication::AuthenticationError, hash_threads::HashingError, password::Password},
};

/// `GET /authorize/login`: the login page again, for a request that is under way.
pub async fn show_login(dialog: Dialog) -> HttpResponse {
    match dialog.resume(&dialog.visit.interaction(), UnixTime::now()).await {
        Ok(asked) => dialog.ask_to_log_in(&asked, StatusCode::OK, None, None),
        Err(answer) => answer,
    }
}

/// `POST /authorize/login`: logs in, and goes on with the request.
///
/// # Errors
/// None but a panic; everything else is a page.
pub async fn log_in(dialog: Dialog, sent: SentForm) -> Result<HttpResponse, ApiError> {
    let now = UnixTime::now();
    let form = match sent.0 {
        Ok(form) => form,
        Err(fault) => return Ok(dialog.fault(fault)),
    };
    if let Some(asked) = dialog.ask_once_more(&form, now).await {
        // The form may be another site's, so nothing of it is shown.
        return Ok(asked.map_or_else(
            |answer| answer,
            |asked| dialog.ask_to_log_in(&asked, StatusCode::BAD_REQUEST, None, Some(Problem::Expired)),
        ));
    }
    let asked = match dialog.resume_form(&form, now).await {
        Ok(asked) => asked,
        Err(answer) => return Ok(answer),
    };
    uninterrupted(enter(dialog, asked, form, now)).await
}

/// Logs in with the fields of a form, and goes on with the request.
///
/// # Errors
/// None; everything is a page.
pub(super) async fn enter(
    dialog: Dialog,
    asked: Asked,
    form: PageForm,
    now: UnixTime,
) -> Result<HttpResponse, ApiError> {
    let (device, cookie) = (dialog.visit.cookie(CookieKind::Device), dialog.visit.cookie(CookieKind::Session));
    let username = form.field("username");
    let credentials = BrowserCredentials {
        username,
        password: Password::typed(form.field("password").to_owned()),
        device_token: device.as_deref(),
        cookie: cookie.as_deref(),
    };
    Ok(match dialog.sessions.log_in_browser(credentials, dialog.client.clone(), now).await {
        Ok(login) => {
            let next = dialog.go_on_after_login(asked, login.session, now);
            let next = dialog.visit.with_cookie(next, CookieKind::Device, login.device_token);
            dialog.visit.with_cookie(next, CookieKind::Session, login.cookie)
        }
        Err(error) => match problem(&error) {
            Some((status, problem)) => dialog.ask_to_log_in(&asked, status, Some(username), Some(problem)),
            None => dialog.failed(error.into()),
        },
    })
}

/// What the user can do something about.
fn problem(error: &SessionError) -> Option<(StatusCode, Problem)> {
    Some(match error {
        SessionError::InvalidCredentials => (StatusCode::UNAUTHORIZED, Problem::WrongCredentials),
        SessionError::UserDisabled => (StatusCode::FORBIDDEN, Problem::Disabled),
        SessionError::TooMany(error) | SessionError::Authentication(AuthenticationError::TooMany(error)) => {
            (StatusCode::TOO_MANY_REQUESTS, Problem::TooManyAttempts { retry_after: error.retry_after })
        }
        SessionError::Authentication(AuthenticationError::Hashing(HashingError::QueueFull)) => {
            (StatusCode::SERVICE_UNAVAILABLE, Problem::Busy)
        }
        _ => return None,
    })
}
