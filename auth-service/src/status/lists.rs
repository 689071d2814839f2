//! Status lists in the database: which there are, and from which of them new tokens get their entries.

use std::time::Duration;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl};
use shared::UnixTime;

use super::entry::Entry;
use crate::{
    db::{DbConnection, next_number},
    schema::status_lists,
};

/// Entries in a list: 32 KiB at two bits each, which an empty list packs into a few dozen bytes.
pub const CAPACITY: i64 = 1 << 17;
/// Entries that a node reserves at a time; divides the capacity.
const BLOCK_SIZE: i64 = 256;
/// How long a list accepts new tokens at most, so that it ends eventually.
const OPEN_FOR: Duration = Duration::from_hours(1);
/// Unused entries of a block are discarded after this time.
const GOOD_FOR: Duration = Duration::from_mins(5);
/// How long before that its successor is published, unless it is half full earlier.
const PUBLISHED_AHEAD: Duration = Duration::from_mins(10);
/// Tolerated clock skew between nodes and verifiers.
pub const SKEW: Duration = Duration::from_mins(1);
/// An unchanged list is signed again after this time, so that it does not expire.
const REISSUED_AFTER: Duration = Duration::from_mins(5);

/// A list as it is stored. Times are seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct ListRow {
    /// Its number.
    pub id: i64,
    /// When it opened. Entries are reserved in it once earlier lists are full or closed.
    pub opens_at: i64,
    /// Entries below this index have been reserved by nodes.
    pub reserved: i64,
    /// When the last token that may have an entry has expired.
    pub ends_at: i64,
    /// Grows with each change of an entry.
    pub version: i64,
    /// When it was last changed or confirmed.
    pub changed_at: i64,
}

impl ListRow {
    /// Whether both say the same of every token, since the same moment.
    pub fn is_same_state(&self, other: &Self) -> bool {
        (self.id, self.version, self.changed_at) == (other.id, other.version, other.changed_at)
    }

    /// Whether it must be signed again although it has not changed.
    pub fn is_old(&self, now: UnixTime) -> bool {
        self.changed_at <= now.minus(REISSUED_AFTER).seconds()
    }
}

/// Entries reserved by this node: from `next` to before `end`, until `good_until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexBlock {
    /// Of which list.
    pub list_id: i64,
    /// The first unused entry.
    pub next: i64,
    /// The one after the last.
    pub end: i64,
    /// When unused entries are discarded.
    pub good_until: UnixTime,
}

impl IndexBlock {
    /// The next entry, if there is one.
    pub fn take(&mut self, now: UnixTime) -> Option<Entry> {
        if self.next >= self.end || now >= self.good_until {
            return None;
        }
        let entry = Entry { list_id: self.list_id, idx: self.next };
        self.next += 1;
        Some(entry)
    }
}

/// Reserves the next block; `None` if no list has one. Its tokens live for `token_ttl` at most. Run it in a transaction.
///
/// A single statement reserves the entries, so concurrent nodes get different ones.
pub fn reserve(conn: &mut DbConnection, token_ttl: Duration, now: UnixTime) -> QueryResult<Option<IndexBlock>> {
    let good_until = now.plus(GOOD_FOR);
    let ends_at = good_until.plus(token_ttl).plus(SKEW).seconds();
    while let Some(list_id) = find_open(conn, now)? {
        let with_room = status_lists::table.find(list_id).filter(status_lists::reserved.le(CAPACITY - BLOCK_SIZE));
        let taken: Option<(i64, i64)> = diesel::update(with_room)
            .set(status_lists::reserved.eq(status_lists::reserved + BLOCK_SIZE))
            .returning((status_lists::reserved, status_lists::ends_at))
            .get_result(conn)
            .optional()?;
        // Otherwise another node has reserved the last block in the meantime.
        if let Some((end, known_end)) = taken {
            if known_end < ends_at {
                let list = status_lists::table.find(list_id);
                diesel::update(list).set(status_lists::ends_at.eq(ends_at)).execute(conn)?;
            }
            return Ok(Some(IndexBlock { list_id, next: end - BLOCK_SIZE, end, good_until }));
        }
    }
    Ok(None)
}

/// Whether a list is to be opened, given the newest there is.
pub fn is_next_wanted(newest: Option<&ListRow>, now: UnixTime) -> bool {
    newest.is_none_or(|newest| {
        let closes_at = UnixTime::from_seconds(newest.opens_at).plus(OPEN_FOR);
        newest.reserved >= CAPACITY / 2 || closes_at <= now.plus(PUBLISHED_AHEAD)
    })
}

/// Opens a list well before the newest is full or closed, so that verifiers know it before tokens reference it. Run it in a
/// transaction that excludes other nodes.
pub fn prepare_next(conn: &mut DbConnection, now: UnixTime) -> QueryResult<()> {
    let newest: Option<ListRow> = status_lists::table.order(status_lists::id.desc()).first(conn).optional()?;
    if !is_next_wanted(newest.as_ref(), now) {
        return Ok(());
    }
    let row = (
        status_lists::id.eq(next_number(conn, "status_lists")?),
        status_lists::opens_at.eq(now.seconds()),
        status_lists::reserved.eq(0),
        status_lists::ends_at.eq(now.plus(OPEN_FOR + SKEW).seconds()),
        status_lists::version.eq(0),
        status_lists::changed_at.eq(now.seconds()),
    );
    diesel::insert_into(status_lists::table).values(row).execute(conn).map(drop)
}

/// The oldest list with a block to reserve.
fn find_open(conn: &mut DbConnection, now: UnixTime) -> QueryResult<Option<i64>> {
    let found: Option<(i64,)> = status_lists::table
        .filter(status_lists::opens_at.gt(now.minus(OPEN_FOR).seconds()))
        .filter(status_lists::reserved.le(CAPACITY - BLOCK_SIZE))
        .order(status_lists::id)
        .select((status_lists::id,))
        .first(conn)
        .optional()?;
    Ok(found.map(|(id,)| id))
}

/// The lists that valid tokens may reference, oldest first.
pub fn all_live(conn: &mut DbConnection, now: UnixTime) -> QueryResult<Vec<ListRow>> {
    status_lists::table.filter(status_lists::ends_at.gt(now.seconds())).order(status_lists::id).load(conn)
}

/// Those whose last token has expired, by every clock.
pub fn all_ended(conn: &mut DbConnection, now: UnixTime) -> QueryResult<Vec<i64>> {
    let ended = status_lists::table.filter(status_lists::ends_at.lt(now.minus(SKEW).seconds()));
    let ids: Vec<(i64,)> = ended.order(status_lists::id).select((status_lists::id,)).load(conn)?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Records a change of the list. The time never decreases, whatever the clocks of the nodes say: verifiers ignore a list
/// older than the one they have.
pub fn note_change(conn: &mut DbConnection, id: i64, now: UnixTime) -> QueryResult<()> {
    let list = status_lists::table.find(id);
    diesel::update(list).set(status_lists::version.eq(status_lists::version + 1)).execute(conn)?;
    let before = list.filter(status_lists::changed_at.lt(now.seconds()));
    diesel::update(before).set(status_lists::changed_at.eq(now.seconds())).execute(conn).map(drop)
}

/// Closes all lists, so that new tokens get entries in new ones only. Returns those that tokens which live for `token_ttl` may
/// still refer to, and keeps them until the last such token has expired.
pub fn close_all(conn: &mut DbConnection, token_ttl: Duration, now: UnixTime) -> QueryResult<Vec<i64>> {
    diesel::update(status_lists::table).set(status_lists::reserved.eq(CAPACITY)).execute(conn)?;
    let since = now.minus(OPEN_FOR).minus(GOOD_FOR).minus(token_ttl).minus(SKEW).seconds();
    let ids: Vec<(i64,)> = status_lists::table
        .filter(status_lists::opens_at.gt(since))
        .order(status_lists::id)
        .select((status_lists::id,))
        .load(conn)?;
    let ends_at = now.plus(GOOD_FOR).plus(token_ttl).plus(SKEW).seconds();
    for (id,) in &ids {
        let list = status_lists::table.find(*id).filter(status_lists::ends_at.lt(ends_at));
        diesel::update(list).set(status_lists::ends_at.eq(ends_at)).execute(conn)?;
        note_change(conn, *id, now)?;
    }
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Renews an unchanged list, unless another node has done so.
pub fn reissue(conn: &mut DbConnection, id: i64, now: UnixTime) -> QueryResult<()> {
    let old = status_lists::table.find(id).filter(status_lists::changed_at.le(now.minus(REISSUED_AFTER).seconds()));
    diesel::update(old).set(status_lists::changed_at.eq(now.seconds())).execute(conn).map(drop)
}

/// Deletes a list whose access tokens have been deleted.
pub fn delete_ended(conn: &mut DbConnection, id: i64, now: UnixTime) -> QueryResult<usize> {
    let ended = status_lists::table.find(id).filter(status_lists::ends_at.lt(now.minus(SKEW).seconds()));
    diesel::delete(ended).execute(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(reserved: i64) -> ListRow {
        ListRow { id: 1, opens_at: 10_000, reserved, ends_at: 13_660, version: 0, changed_at: 10_000 }
    }

    #[test]
    fn a_list_has_a_successor_when_it_is_half_full_or_about_to_close() {
        let wanted = |reserved, now| is_next_wanted(Some(&row(reserved)), UnixTime::from_seconds(now));

        assert!(is_next_wanted(None, UnixTime::from_seconds(0)));
        assert!(!wanted(CAPACITY / 2 - BLOCK_SIZE, 12_999));
        assert!(wanted(CAPACITY / 2, 10_000));
        assert!(wanted(0, 13_000));
    }

    #[test]
    fn a_block_returns_each_entry_once_and_none_after_its_time() {
        let good_until = UnixTime::from_seconds(100);
        let mut block = IndexBlock { list_id: 7, next: 256, end: 258, good_until };
        let now = UnixTime::from_seconds(99);

        let taken = [block.take(now), block.take(now), block.take(now)].map(|entry| entry.map(|entry| entry.idx));

        assert_eq!(taken, [Some(256), Some(257), None]);
        assert_eq!(IndexBlock { next: 256, ..block }.take(good_until), None);
    }

    #[test]
    fn the_block_size_divides_the_capacity() {
        assert_eq!(CAPACITY % BLOCK_SIZE, 0);
    }
}
