//! The log lines of a request: its error and its access line.

use std::time::Duration;

use actix_web::{Error, HttpRequest, http::StatusCode};
use log::Level;
use shared::AuthError;

use crate::{
    api_error::ApiError, client_address::TrustedProxies, error_chain::error_chain, logging::settings::AccessLog,
    request_error::RequestError,
};

/// Logs the error of a request, once: a 5xx as an error with its causes, a 401 or 403 at debug level.
pub(crate) fn log_error(req: &HttpRequest, route: &str, status: StatusCode, error: Option<&Error>) {
    let level = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Level::Debug,
        status if status.is_server_error() => Level::Error,
        _ => return,
    };
    let Some(error) = error.filter(|_| log::log_enabled!(target: TARGET, level)) else { return };
    let (code, causes) = describe(error);
    let (method, status) = (req.method().as_str(), status.as_u16());
    log::log!(target: TARGET, level, method, route, status, code; "{causes}");
}

/// The access line, if configured. It never has the query string, which may hold a token.
pub(crate) fn log_access(
    access: AccessLog,
    req: &HttpRequest,
    (route, status, took): (&str, StatusCode, Duration),
    proxies: &TrustedProxies,
) {
    let is_wanted = match access {
        AccessLog::Off => false,
        AccessLog::Errors => status.is_server_error(),
        AccessLog::All => true,
    };
    if is_wanted && log::log_enabled!(target: "access", Level::Info) {
        let client = proxies.client_address(req).map(|address| address.to_string()).unwrap_or_default();
        let (method, path, status) = (req.method().as_str(), req.path(), status.as_u16());
        let duration_seconds = took.as_secs_f64();
        log::info!(
            target: "access", client:%, method, route, path, status, duration_seconds;
            "{method} {path} {status}"
        );
    }
}

/// The outcome of a request: `success`, or the code of its error.
pub(crate) fn outcome(status: StatusCode, error: Option<&Error>) -> &'static str {
    match error {
        Some(error) => error.as_error::<ApiError>().map_or_else(|| describe(error).0, ApiError::outcome),
        None if status.is_client_error() || status.is_server_error() => "",
        None => "success",
    }
}

const TARGET: &str = "request";

/// The code in the response, and the error with its causes.
fn describe(error: &Error) -> (&'static str, String) {
    if let Some(error) = error.as_error::<ApiError>() {
        (error.code(), error_chain(error))
    } else if let Some(error) = error.as_error::<AuthError>() {
        (error.status_and_code().1, error.detail().unwrap_or_else(|| error.to_string()))
    } else if let Some(error) = error.as_error::<RequestError>() {
        (error.status_and_code().1, error_chain(error))
    } else {
        ("", error.to_string())
    }
}
