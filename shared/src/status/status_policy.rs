//! A service's requirements for token statuses.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A service's requirements for the statuses of an issuer's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusPolicy {
    /// Whether tokens without a status list entry are rejected.
    pub required: bool,
    /// Whether routes fail open or closed while a token's list is stale.
    pub on_stale: OnStale,
    /// Overrides for routes, by pattern, such as `/users/{id}`. In order of precedence: these,
    /// [`Rule::ON_STALE`](crate::Rule::ON_STALE), [`on_stale`](Self::on_stale).
    pub routes: HashMap<String, OnStale>,
}

/// How a request is handled while its token's status list is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnStale {
    /// Fail open: use the stale list.
    Open,
    /// Fail closed: respond with 503.
    Closed,
}

impl StatusPolicy {
    /// Requires a status, and fails closed on all routes.
    pub fn strict() -> Self {
        Self { required: true, on_stale: OnStale::Closed, routes: HashMap::new() }
    }

    /// Whether any route fails open.
    pub(crate) fn is_open_somewhere(&self) -> bool {
        self.on_stale == OnStale::Open || self.routes.values().any(|on_stale| *on_stale == OnStale::Open)
    }

    /// The behaviour on a route with this pattern and a rule with this preference.
    pub(crate) fn on_stale_at(&self, route: Option<&str>, rule: Option<OnStale>) -> OnStale {
        route.and_then(|route| self.routes.get(route).copied()).or(rule).unwrap_or(self.on_stale)
    }
}
