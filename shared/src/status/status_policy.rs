//! What a service demands of tokens' statuses.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// What a service demands of the statuses of one issuer's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusPolicy {
    /// Whether a token that names no entry in a status list is refused.
    pub required: bool,
    /// What becomes of tokens while their list is too old to rely on.
    pub on_stale: OnStale,
    /// The same for single routes, by their pattern, such as `/users/{id}`. It takes precedence over a route's
    /// [`Rule::ON_STALE`](crate::Rule::ON_STALE), and that more than the service's.
    pub routes: HashMap<String, OnStale>,
}

/// What happens to a token whose status list is too old to rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnStale {
    /// It is served by what the old list says.
    Open,
    /// It is answered 503.
    Closed,
}

impl StatusPolicy {
    /// Tokens must have a status, and lists too old close every route.
    pub fn strict() -> Self {
        Self { required: true, on_stale: OnStale::Closed, routes: HashMap::new() }
    }

    /// Whether old lists are good enough anywhere.
    pub(crate) fn is_open_somewhere(&self) -> bool {
        self.on_stale == OnStale::Open || self.routes.values().any(|on_stale| *on_stale == OnStale::Open)
    }

    /// What holds on a route with that pattern and a rule that says so.
    pub(crate) fn on_stale_at(&self, route: Option<&str>, rule: Option<OnStale>) -> OnStale {
        route.and_then(|route| self.routes.get(route).copied()).or(rule).unwrap_or(self.on_stale)
    }
}
