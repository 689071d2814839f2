//! Which lines of the audit log.

use shared::UnixTime;

use super::event::Action;

/// Which lines of the audit log. Names are compared as they stand there.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of this one.
    pub actor: Option<String>,
    /// Those about this one.
    pub subject: Option<String>,
    /// Those that tell of this.
    pub action: Option<Action>,
    /// Those of then or later.
    pub since: Option<UnixTime>,
    /// Those before then.
    pub until: Option<UnixTime>,
}

impl Filter {
    /// Whether a line can be looked for by these names: none has a control character, and PostgreSQL takes no NUL.
    pub fn is_good(&self) -> bool {
        let names = [&self.actor, &self.subject];
        !names.into_iter().flatten().any(|name| name.contains(char::is_control))
    }
}
