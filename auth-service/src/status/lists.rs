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
/// Entries that a node takes at a time; a list is lots without a rest.
const LOT: i64 = 256;
/// A list takes new tokens for so long at most, so that it ends some time.
const OPEN_FOR: Duration = Duration::from_hours(1);
/// So long before that its successor is published, if it is not half full before.
const PUBLISHED_AHEAD: Duration = Duration::from_mins(10);
/// Clocks of nodes and verifiers may differ so much.
pub const SKEW: Duration = Duration::from_mins(1);
/// A list that has not changed for so long is signed anew, so that it does not expire.
const REISSUED_AFTER: Duration = Duration::from_mins(5);

/// A list as it is stored. Times are seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct ListRow {
    /// Its number.
    pub id: i64,
    /// Since when it may give entries to tokens. It does once those before it are full or closed.
    pub opens_at: i64,
    /// Entries below this one have been lent to nodes.
    pub lent: i64,
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

    /// Whether it is to be signed anew though nothing has changed.
    pub fn is_old(&self, now: UnixTime) -> bool {
        self.changed_at <= now.minus(REISSUED_AFTER).seconds()
    }
}

/// Entries that a node may give to tokens: from `next` to before `end`, until `good_until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// Of which list.
    pub list_id: i64,
    /// The first that has not been given.
    pub next: i64,
    /// The one after the last.
    pub end: i64,
    /// When those that are left are given up.
    pub good_until: UnixTime,
}

impl Lot {
    /// Takes an entry out, if there is one.
    pub fn take(&mut self, now: UnixTime) -> Option<Entry> {
        if self.next >= self.end || now >= self.good_until {
            return None;
        }
        let entry = Entry { list_id: self.list_id, idx: self.next };
        self.next += 1;
        Some(entry)
    }
}

/// Lends a node its next entries; `None` if no list has any. Their tokens live for `token_ttl` at most. To be run in a
/// transaction.
///
/// One statement takes the entries, so nodes that do this at a time get different ones.
pub fn lend(conn: &mut DbConnection, token_ttl: Duration, now: UnixTime) -> QueryResult<Option<Lot>> {
    /// A node gives up what it has not used by then.
    const GOOD_FOR: Duration = Duration::from_mins(5);
    let good_until = now.plus(GOOD_FOR);
    let ends_at = good_until.plus(token_ttl).plus(SKEW).seconds();
    while let Some(list_id) = find_open(conn, now)? {
        let with_room = status_lists::table.find(list_id).filter(status_lists::lent.le(CAPACITY - LOT));
        let taken: Option<(i64, i64)> = diesel::update(with_room)
            .set(status_lists::lent.eq(status_lists::lent + LOT))
            .returning((status_lists::lent, status_lists::ends_at))
            .get_result(conn)
            .optional()?;
        // Else another node took the last ones meanwhile.
        if let Some((end, known_end)) = taken {
            if known_end < ends_at {
                let list = status_lists::table.find(list_id);
                diesel::update(list).set(status_lists::ends_at.eq(ends_at)).execute(conn)?;
            }
            return Ok(Some(Lot { list_id, next: end - LOT, end, good_until }));
        }
    }
    Ok(None)
}

/// Whether a list is to be opened, given the newest there is.
pub fn is_next_wanted(newest: Option<&ListRow>, now: UnixTime) -> bool {
    newest.is_none_or(|newest| {
        let closes_at = UnixTime::from_seconds(newest.opens_at).plus(OPEN_FOR);
        newest.lent >= CAPACITY / 2 || closes_at <= now.plus(PUBLISHED_AHEAD)
    })
}

/// Opens a list well before the newest is full or closed, so that verifiers know it when tokens get entries in it. To be
/// run in a transaction in which no other node does the same.
pub fn prepare_next(conn: &mut DbConnection, now: UnixTime) -> QueryResult<()> {
    let newest: Option<ListRow> = status_lists::table.order(status_lists::id.desc()).first(conn).optional()?;
    if !is_next_wanted(newest.as_ref(), now) {
        return Ok(());
    }
    let row = (
        status_lists::id.eq(next_number(conn, "status_lists")?),
        status_lists::opens_at.eq(now.seconds()),
        status_lists::lent.eq(0),
        status_lists::ends_at.eq(now.plus(OPEN_FOR + SKEW).seconds()),
        status_lists::version.eq(0),
        status_lists::changed_at.eq(now.seconds()),
    );
    diesel::insert_into(status_lists::table).values(row).execute(conn).map(drop)
}

/// The oldest list that has entries to lend.
fn find_open(conn: &mut DbConnection, now: UnixTime) -> QueryResult<Option<i64>> {
    let found: Option<(i64,)> = status_lists::table
        .filter(status_lists::opens_at.gt(now.minus(OPEN_FOR).seconds()))
        .filter(status_lists::lent.le(CAPACITY - LOT))
        .order(status_lists::id)
        .select((status_lists::id,))
        .first(conn)
        .optional()?;
    Ok(found.map(|(id,)| id))
}

/// The lists that tokens may still name, the oldest first.
pub fn all_live(conn: &mut DbConnection, now: UnixTime) -> QueryResult<Vec<ListRow>> {
    status_lists::table.filter(status_lists::ends_at.gt(now.seconds())).order(status_lists::id).load(conn)
}

/// Those whose last token has expired, by every clock.
pub fn all_ended(conn: &mut DbConnection, now: UnixTime) -> QueryResult<Vec<i64>> {
    let ended = status_lists::table.filter(status_lists::ends_at.lt(now.minus(SKEW).seconds()));
    let ids: Vec<(i64,)> = ended.order(status_lists::id).select((status_lists::id,)).load(conn)?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// The list has changed. The time never goes back, whatever the clocks of the nodes say: verifiers take no list for
/// another that is older.
pub fn note_change(conn: &mut DbConnection, id: i64, now: UnixTime) -> QueryResult<()> {
    let list = status_lists::table.find(id);
    diesel::update(list).set(status_lists::version.eq(status_lists::version + 1)).execute(conn)?;
    let before = list.filter(status_lists::changed_at.lt(now.seconds()));
    diesel::update(before).set(status_lists::changed_at.eq(now.seconds())).execute(conn).map(drop)
}

/// The list is still as it was, unless another node has said so meanwhile.
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

    fn row(lent: i64) -> ListRow {
        ListRow { id: 1, opens_at: 10_000, lent, ends_at: 13_660, version: 0, changed_at: 10_000 }
    }

    #[test]
    fn a_list_has_a_successor_when_it_is_half_full_or_about_to_close() {
        let wanted = |lent, now| is_next_wanted(Some(&row(lent)), UnixTime::from_seconds(now));

        assert!(is_next_wanted(None, UnixTime::from_seconds(0)));
        assert!(!wanted(CAPACITY / 2 - LOT, 12_999));
        assert!(wanted(CAPACITY / 2, 10_000));
        assert!(wanted(0, 13_000));
    }

    #[test]
    fn a_lot_gives_each_entry_once_and_none_after_its_time() {
        let good_until = UnixTime::from_seconds(100);
        let mut lot = Lot { list_id: 7, next: 256, end: 258, good_until };
        let now = UnixTime::from_seconds(99);

        let taken = [lot.take(now), lot.take(now), lot.take(now)].map(|entry| entry.map(|entry| entry.idx));

        assert_eq!(taken, [Some(256), Some(257), None]);
        assert_eq!(Lot { next: 256, ..lot }.take(good_until), None);
    }

    #[test]
    fn a_list_is_lots_without_a_rest() {
        assert_eq!(CAPACITY % LOT, 0);
    }
}
