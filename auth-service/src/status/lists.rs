//! Status lists in the database: which there are, and from which of them new tokens get their entries.

use std::time::Duration;

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl};
use shared::UnixTime;

use super::entry::Entry;
use crate::{
    db::{DbConnection, next_number},
    schema::status_lists,
};

/// Entries in a list: 32 KiB at two bits each, which an empty list packs into a few dozen bytes.
pub const CAPACITY: i64 = 1 << 17;
/// Entries that a node takes at a time.
const LOT: i64 = 256;
/// How long a list is known before tokens get entries in it, so that verifiers have it by then.
const PUBLISHED_AHEAD: Duration = Duration::from_secs(10);
/// A list takes new tokens for so long at most, so that it ends some time.
const OPEN_FOR: Duration = Duration::from_hours(1);

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

type OpenList = (i64, i64, i64);

/// Lends a node its next entries. Their tokens live for `token_ttl` at most. To be run in a transaction in which no
/// other node does the same.
pub fn lend(conn: &mut DbConnection, token_ttl: Duration, now: UnixTime) -> QueryResult<Lot> {
    /// A node gives up what it has not used by then.
    const GOOD_FOR: Duration = Duration::from_mins(5);
    let (list_id, lent, _) = match find_open(conn, now)? {
        Some(open) => open,
        None => open(conn, now, now)?,
    };
    let good_until = now.plus(GOOD_FOR);
    // Clocks of nodes and verifiers may differ by a minute.
    let ends_at = good_until.plus(token_ttl).plus(Duration::from_mins(1));
    let end = CAPACITY.min(lent + LOT);
    let list = status_lists::table.find(list_id);
    let known: (i64,) = list.select((status_lists::ends_at,)).first(conn)?;
    diesel::update(list)
        .set((status_lists::lent.eq(end), status_lists::ends_at.eq(known.0.max(ends_at.seconds()))))
        .execute(conn)?;
    Ok(Lot { list_id, next: lent, end, good_until })
}

/// Sees to it that the next list is known well before the open one is full or old.
pub fn prepare_next(conn: &mut DbConnection, now: UnixTime) -> QueryResult<()> {
    let newest: Option<OpenList> = status_lists::table
        .order(status_lists::id.desc())
        .select((status_lists::id, status_lists::lent, status_lists::opens_at))
        .first(conn)
        .optional()?;
    let is_wanted = match newest {
        None => return open(conn, now, now).map(drop),
        Some((_, lent, opens_at)) => {
            let half_of_its_time = UnixTime::from_seconds(opens_at).plus(OPEN_FOR / 2);
            lent >= CAPACITY / 2 || half_of_its_time <= now
        }
    };
    if is_wanted { open(conn, now, now.plus(PUBLISHED_AHEAD)).map(drop) } else { Ok(()) }
}

/// The oldest list that takes tokens now.
fn find_open(conn: &mut DbConnection, now: UnixTime) -> QueryResult<Option<OpenList>> {
    let old = now.minus(OPEN_FOR);
    status_lists::table
        .filter(status_lists::opens_at.le(now.seconds()))
        .filter(status_lists::opens_at.gt(old.seconds()))
        .filter(status_lists::lent.lt(CAPACITY))
        .order(status_lists::id)
        .select((status_lists::id, status_lists::lent, status_lists::opens_at))
        .first(conn)
        .optional()
}

fn open(conn: &mut DbConnection, now: UnixTime, opens_at: UnixTime) -> QueryResult<OpenList> {
    let id = next_number(conn, "status_lists")?;
    let row = (
        status_lists::id.eq(id),
        status_lists::opens_at.eq(opens_at.seconds()),
        status_lists::lent.eq(0),
        status_lists::ends_at.eq(opens_at.plus(OPEN_FOR).seconds()),
        status_lists::version.eq(0),
        status_lists::changed_at.eq(now.seconds()),
    );
    diesel::insert_into(status_lists::table).values(row).execute(conn)?;
    Ok((id, 0, opens_at.seconds()))
}
