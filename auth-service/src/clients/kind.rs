//! Kinds of clients.

use std::{fmt, str::FromStr};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of application a client is (OAuth 2.1, section 2.1). It decides whether the client can keep a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Logs users in from its own server, which keeps a secret.
    Web,
    /// Logs users in from a page in their browser; public.
    Browser,
    /// Logs users in from an installed application; public.
    Native,
    /// Gets tokens for itself, with a secret.
    #[default]
    Service,
}

/// An unknown kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind; expected web, browser, native or service")]
pub struct UnknownKind;

impl Kind {
    const ALL: [Self; 4] = [Self::Web, Self::Browser, Self::Native, Self::Service];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Browser => "browser",
            Self::Native => "native",
            Self::Service => "service",
        }
    }

    /// Whether it has no secret, since everybody who has the application could read it.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Browser | Self::Native)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(UnknownKind)
    }
}
