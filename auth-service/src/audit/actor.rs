//! Who does something.

use super::event::{Action, Event};

/// Who does something, and from where, as the audit log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    name: Option<String>,
    from: Option<String>,
}

impl Actor {
    /// Somebody with a name: a user, or a client.
    pub fn named(name: impl Into<String>, address: Option<String>) -> Self {
        Self { name: Some(name.into()), from: address }
    }

    /// Whoever sent a request without saying who it is.
    pub fn unknown(address: Option<String>) -> Self {
        Self { name: None, from: address }
    }

    /// An operator. Words with a space between them are nobody's address, so no request can pass for a command.
    pub fn command_line() -> Self {
        Self { name: None, from: Some("command line".to_owned()) }
    }

    /// The settings, which a start follows.
    pub fn settings() -> Self {
        Self { name: None, from: Some("the settings".to_owned()) }
    }

    /// What it did to whom or what.
    pub fn did(&self, action: Action, subject: impl Into<String>) -> Event {
        Event {
            actor: self.name.clone(),
            action,
            subject: Some(subject.into()),
            address: self.from.clone(),
            detail: None,
        }
    }
}
