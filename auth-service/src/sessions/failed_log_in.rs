//! Logins that were refused, as the audit log tells them.

use service_kit::error_chain;
use shared::UnixTime;

use crate::{
    audit::{
        self,
        event::{Action, Event},
    },
    counters::AUDIT_FAILURES,
    db::{Db, DbError},
    origin::Origin,
    users::username::Username,
};

/// Writes down that a login was refused. The answer to the client does not depend on whether that is possible.
pub async fn note_failed_log_in(db: &Db, username: &str, origin: &Origin, why: &str) {
    let event = Event {
        actor: None,
        action: Action::LogInFailed,
        // What is no username may be a password that was typed into the wrong field.
        subject: username.parse::<Username>().ok().map(|username| username.as_str().to_owned()),
        address: origin.address.clone(),
        detail: Some(why.to_owned()),
    };
    let noted = db.write(move |conn| audit::store::insert(conn, &event, UnixTime::now()).map_err(DbError::from)).await;
    if let Err(error) = noted {
        AUDIT_FAILURES.add(1);
        log::error!("a failed login is missing from the audit log: {}", error_chain(&error));
    }
}
