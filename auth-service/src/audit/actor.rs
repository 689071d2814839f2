//! The actor of an audit event.

use super::event::{Action, Event};

/// The actor of an audit event, and the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    name: Option<String>,
    from: Option<String>,
}

impl Actor {
    /// A user or a client.
    pub fn named(name: impl Into<String>, address: Option<String>) -> Self {
        Self { name: Some(name.into()), from: address }
    }

    /// An unauthenticated request.
    pub fn unknown(address: Option<String>) -> Self {
        Self { name: None, from: address }
    }

    /// An operator. No address has a space, so no request can pass for a command.
    pub fn command_line() -> Self {
        Self { name: None, from: Some("command line".to_owned()) }
    }

    /// The settings, at startup.
    pub fn settings() -> Self {
        Self { name: None, from: Some("the settings".to_owned()) }
    }

    /// An event by this actor on the actor's own account.
    pub fn did_to_own_account(&self, action: Action) -> Event {
        self.did(action, self.name.clone().unwrap_or_default())
    }

    /// An event by this actor.
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
