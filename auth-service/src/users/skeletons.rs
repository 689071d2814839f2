//! Fills in the skeletons of names that an earlier release has given.

use super::{look_alike::Skeleton, store, username::Username};
use crate::db::{Db, DbError};

/// Fills in the skeletons of some users. Whether there may be more without one.
///
/// # Errors
/// The database's.
pub async fn fill_in(db: &Db) -> Result<bool, DbError> {
    let missing = db.run(store::without_skeleton).await?;
    if missing.is_empty() {
        return Ok(false);
    }
    let filled = missing.into_iter().map(|(id, name)| {
        // A name that is no longer valid looks like no other.
        let skeleton = name.parse::<Username>().map_or_else(|_| String::new(), |name| Skeleton::of(&name).stored());
        (id, skeleton)
    });
    let filled: Vec<_> = filled.collect();
    db.write(move |conn| {
        filled.iter().try_for_each(|(id, skeleton)| store::set_skeleton(conn, *id, skeleton))?;
        Ok::<_, DbError>(())
    })
    .await?;
    Ok(true)
}
