//! What is wrong with a request that gets a page instead of a redirect.

use actix_web::http::StatusCode;

/// What is wrong with a request that gets a page instead of a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It names no client.
    NoClient,
    /// No such client is registered.
    UnknownClient,
    /// It names no redirect URI.
    NoRedirectUri,
    /// The redirect URI is not one of the client's.
    UnknownRedirectUri,
    /// Its parameters cannot be read.
    Unreadable,
    /// Its body is not a form.
    NotAForm,
    /// Its form cannot be read.
    MalformedForm,
    /// Its form is too long.
    FormTooLong,
    /// Its form has not arrived in time.
    FormTooSlow,
    /// The page that sends it is too old, or belongs to another browser.
    Expired,
    /// The service cannot answer now.
    Unavailable,
    /// The URI to return to after the logout is not one of the client's.
    UnknownLogoutUri,
    /// The ID token that it carries is not one of this service's.
    InvalidHint,
}

impl Fault {
    /// The status of the page.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::FormTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::FormTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// For developers, in the terms of the standards; not translated.
    pub fn detail(self) -> Option<&'static str> {
        Some(match self {
            Self::NoClient => "invalid_request: client_id is missing or repeated",
            Self::UnknownClient => "invalid_client: client_id is not registered",
            Self::NoRedirectUri => "invalid_request: redirect_uri is missing or repeated",
            Self::UnknownRedirectUri => "invalid_request: redirect_uri is not registered for this client",
            Self::Unreadable => "invalid_request: the parameters cannot be read",
            Self::NotAForm => "invalid_request: the content type is not application/x-www-form-urlencoded",
            Self::MalformedForm => "invalid_request: the form is malformed or incomplete",
            Self::FormTooLong => "invalid_request: the form is too long",
            Self::FormTooSlow => "invalid_request: the form has not arrived in time",
            Self::UnknownLogoutUri => "invalid_request: post_logout_redirect_uri is not registered for this client",
            Self::InvalidHint => "invalid_request: id_token_hint is not an ID token of this issuer",
            Self::Expired | Self::Unavailable => return None,
        })
    }
}
