//! The result of one check.

use serde::Serialize;

use crate::start_error::StartError;

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Ok,
    Warning,
    Error,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The result of one check: a line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub status: Status,
    pub detail: String,
    /// What to do about it; none if nothing is to be done.
    pub remedy: Option<String>,
}

impl Check {
    pub fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: Status::Ok, detail: detail.into(), remedy: None }
    }

    pub fn warning(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(Status::Warning, name, detail, remedy)
    }

    pub fn error(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(Status::Error, name, detail, remedy)
    }

    /// The same, which says what it is about, where there are several.
    #[must_use]
    pub fn about(self, what: &str) -> Self {
        if self.detail.contains(what) { self } else { Self { detail: format!("{what}: {}", self.detail), ..self } }
    }

    /// What the service would refuse to start with.
    pub fn refused(name: &'static str, error: &StartError) -> Self {
        Self::error(name, error.problem(), error.remedy())
    }

    /// Errors of libraries may have several lines.
    pub fn of(status: Status, name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        let detail = detail.into().lines().map(str::trim).collect::<Vec<_>>().join(" ");
        Self { name, status, detail, remedy: Some(remedy.into()) }
    }
}
