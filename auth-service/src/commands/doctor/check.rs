//! The result of one check.

use serde::Serialize;
use service_kit::StartError;

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Ok,
    Warning,
    Error,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The result of one check.
#[derive(Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) status: Status,
    pub(super) detail: String,
    /// What to do about it; none if nothing is to be done.
    pub(super) remedy: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Status::Ok, detail: detail.into(), remedy: None }
    }

    pub(super) fn warning(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(Status::Warning, name, detail, remedy)
    }

    pub(super) fn error(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(Status::Error, name, detail, remedy)
    }

    /// What the service would refuse to start with.
    pub(super) fn refused(name: &'static str, error: &StartError) -> Self {
        Self::error(name, error.problem(), error.remedy())
    }

    /// Errors of libpq have several lines.
    pub(super) fn of(status: Status, name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        let detail = detail.into().lines().map(str::trim).collect::<Vec<_>>().join(" ");
        Self { name, status, detail, remedy: Some(remedy.into()) }
    }
}
