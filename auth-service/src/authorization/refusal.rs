//! Why an authorization request is refused.

/// Why an authorization request is refused, as its client is informed (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section
/// 3.1.2.6). `Display` is for developers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A parameter is missing, repeated or invalid.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// Only `code` is supported.
    #[error("The only supported response_type is code")]
    UnsupportedResponseType,
    /// None of the scopes may be requested by this client.
    #[error("The scope is missing or malformed, or the client may request none of it")]
    InvalidScope,
    /// The resource is unknown.
    #[error("The resource is unknown")]
    InvalidTarget,
    /// There are no request objects here.
    #[error("The parameter request is not supported")]
    RequestNotSupported,
    /// There are no request objects here.
    #[error("The parameter request_uri is not supported")]
    RequestUriNotSupported,
    /// The user would have to log in.
    #[error("The user has to log in")]
    LoginRequired,
    /// The user would have to consent.
    #[error("The user has to consent")]
    ConsentRequired,
    /// A page would have to be shown.
    #[error("The user has to be asked")]
    InteractionRequired,
    /// The user refused.
    #[error("The user denied access")]
    AccessDenied,
}

impl Refusal {
    /// The value of `error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::AccessDenied => "access_denied",
        }
    }
}
