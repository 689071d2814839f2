//! `current_user` of auth-service: the user's current data in the database.

use futures_util::future::FutureExt;
use service_kit::error_chain;
use shared::{AuthError, Claims, User, UserLookup, users::UserLookupFuture};

use super::store;
use crate::db::Db;

/// Finds the user in the database by the id in the token, so that a name that is registered again belongs to another user.
pub struct DatabaseLookup(pub Db);

impl UserLookup for DatabaseLookup {
    type User = User;

    fn find<'a>(&'a self, claims: &'a Claims, _: &'a str) -> UserLookupFuture<'a, User> {
        let Some(id) = claims.uid else { return std::future::ready(Ok(None)).boxed() };
        let found = self.0.run(move |conn| store::find_enabled(conn, id.into()));
        async move {
            let found = found.await.map_err(|error| {
                log::error!("user lookup failed: {}", error_chain(&error));
                AuthError::LookupUnavailable
            })?;
            // Ids are assigned again after a backup was restored; the name identifies the token's user.
            Ok(found.filter(|user| user.username == claims.sub))
        }
        .boxed()
    }
}
