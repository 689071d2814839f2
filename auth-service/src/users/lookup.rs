//! `current_user` of auth-service: the user as the database has it now.

use futures_util::future::FutureExt;
use shared::{AuthError, Claims, User, UserLookup, UserLookupFuture};

use super::store;
use crate::db::Db;

/// Finds the user in the database by the number that the token carries, so that a name registered anew by somebody
/// else is somebody else.
pub struct DatabaseLookup(pub Db);

impl UserLookup for DatabaseLookup {
    type User = User;

    fn find<'a>(&'a self, claims: &'a Claims, _: &'a str) -> UserLookupFuture<'a, User> {
        let Some(id) = claims.uid else { return std::future::ready(Ok(None)).boxed_local() };
        let found = self.0.run(move |conn| store::find_enabled(conn, id));
        async move {
            let found = found.await.map_err(|error| {
                log::error!("a user cannot be looked up: {error:?}");
                AuthError::LookupUnavailable
            })?;
            // A number comes back where a backup is restored; the name tells whose token it is.
            Ok(found.filter(|user| user.username == claims.sub))
        }
        .boxed_local()
    }
}
