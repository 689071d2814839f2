//! A filter for the audit log.

use shared::UnixTime;

use super::event::Action;

/// A filter for lines of the audit log. Names are compared exactly.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The actor.
    pub actor: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The action.
    pub action: Option<Action>,
    /// The earliest time.
    pub since: Option<UnixTime>,
    /// The time after the latest.
    pub until: Option<UnixTime>,
}

impl Filter {
    /// Whether the names are valid: none has a control character, and PostgreSQL rejects NUL.
    pub fn is_valid(&self) -> bool {
        let names = [&self.actor, &self.subject];
        !names.into_iter().flatten().any(|name| name.contains(char::is_control))
    }
}
