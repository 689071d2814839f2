//! Behaviour that is not visible over HTTP: concurrent reservations, and changes made on this node.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicU32, atomic::Ordering::Relaxed},
    time::Duration,
};

use diesel::{QueryResult, sql_query};
use futures_util::future::join_all;
use shared::{
    Secret, UnixTime,
    status::{StatusFound, TokenStatus},
    testing::PRIVATE_KEY_PEM,
};
use tempfile::TempDir;

use super::{
    entry::{Entry, Holder},
    index_allocator::IndexAllocator,
    list_keeper::ListKeeper,
    lists::{self, CAPACITY},
    mark::{Mark, TokensOf},
    store,
};
use crate::{
    config::Config,
    db::{DatabaseUrl, Db, DbConnection, migrate, write_alone},
    ids::SessionId,
    keys::{key_keeper::KeyKeeper, key_safe::KeySafe},
};

const ISSUER: &str = "http://localhost:5000";
const SESSION: SessionId = SessionId::from_bytes([7; 16]);
const TTL: Duration = Duration::from_mins(15);

/// Makes two tests of each `async fn(&str)`, which is given the URL of an empty database.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[actix_web::test]
                async fn $test() {
                    let folder = super::TempDir::new().unwrap();
                    super::$test(&format!("sqlite://{}/auth.db", folder.path().display())).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[actix_web::test]
                async fn $test() {
                    if let Some(url) = crate::db::test_postgres::new_database() {
                        super::$test(&url).await;
                    }
                }
            )+
        }
    };
}

on_both_databases!(
    no_entry_is_allocated_twice,
    a_full_list_is_followed_by_the_next,
    an_old_block_is_discarded,
    a_list_outlives_the_tokens_that_it_has_entries_for,
    a_node_sees_its_own_changes_at_once,
    a_change_by_another_node_is_seen_at_the_next_reload,
    revocation_is_final,
    the_time_of_a_list_never_decreases,
    changes_at_the_same_time_never_wait_for_each_other,
    nodes_that_open_a_list_concurrently_open_one,
);

async fn no_entry_is_allocated_twice(url: &str) {
    let nodes: Vec<_> =
        [connect(url), connect(url)].into_iter().map(|db| Arc::new(IndexAllocator::new(db, TTL))).collect();
    let now = UnixTime::now();

    let allocated = join_all((0..2000).map(|number| {
        let node = Arc::clone(&nodes[number % 2]);
        async move { node.reserve(now).await.unwrap().assign() }
    }));

    let entries: HashSet<_> = allocated.await.into_iter().collect();
    assert_eq!(entries.len(), 2000);
    assert!(entries.iter().all(|entry| entry.list_id == 1 && (0..CAPACITY).contains(&entry.idx)));
}

async fn a_full_list_is_followed_by_the_next(url: &str) {
    let db = connect(url);
    let indexes = IndexAllocator::new(db.clone(), TTL);
    let now = UnixTime::now();
    let first = indexes.reserve(now).await.unwrap().assign();
    db.run(|conn| execute(conn, &format!("UPDATE status_lists SET lent = {}", CAPACITY - 256))).await.unwrap();

    let mut entries = Vec::new();
    for _ in 0..600 {
        entries.push(indexes.reserve(now).await.unwrap().assign());
    }

    let (of_first, of_next): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.list_id == first.list_id);
    let indexes = |entries: &[Entry]| entries.iter().map(|entry| entry.idx).collect::<Vec<_>>();
    let rest: Vec<_> = (1..256).chain(CAPACITY - 256..CAPACITY).collect();
    assert_eq!((first.idx, indexes(&of_first)), (0, rest));
    assert_eq!(indexes(&of_next), (0..89).collect::<Vec<_>>());
    assert!(of_next.iter().all(|entry| entry.list_id == 2));
}

async fn an_old_block_is_discarded(url: &str) {
    let indexes = IndexAllocator::new(connect(url), TTL);
    let now = UnixTime::now();

    let before = indexes.reserve(now).await.unwrap().assign();
    let later = indexes.reserve(now.plus(Duration::from_mins(5))).await.unwrap().assign();
    let next_day = indexes.reserve(now.plus(Duration::from_hours(24))).await.unwrap().assign();

    assert_eq!((before, later), (Entry { list_id: 1, idx: 0 }, Entry { list_id: 1, idx: 256 }));
    assert_eq!(next_day, Entry { list_id: 2, idx: 0 });
}

async fn a_list_outlives_the_tokens_that_it_has_entries_for(url: &str) {
    let db = connect(url);
    let indexes = IndexAllocator::new(db.clone(), TTL);
    let opened = UnixTime::now();

    // The last second in which the list can be reserved from, and the last in which the node assigns a reserved entry.
    indexes.reserve(opened).await.unwrap().assign();
    let reserved = opened.plus(Duration::from_secs(3599));
    let assigned = reserved.plus(Duration::from_secs(299));
    let entries =
        [indexes.reserve(reserved).await.unwrap().assign(), indexes.reserve(assigned).await.unwrap().assign()];

    assert!(entries.iter().all(|entry| entry.list_id == 1));
    let expired = assigned.plus(TTL);
    assert_eq!(db.run(move |conn| lists::all_live(conn, expired)).await.unwrap()[0].id, 1);
    assert_eq!(db.run(move |conn| lists::all_ended(conn, expired)).await.unwrap(), [0_i64; 0]);
    let later = expired.plus(Duration::from_mins(3));
    assert_eq!(db.run(move |conn| lists::all_ended(conn, later)).await.unwrap(), [1]);
}

async fn a_node_sees_its_own_changes_at_once(url: &str) {
    let (db, keeper) = node(url).await;
    let entry = issue(&db, Holder::Session(SESSION)).await;
    assert_eq!(known(&keeper, entry), 0);

    let now = UnixTime::now();
    db.write(move |conn| store::apply(conn, &[Mark::claims_stale(TokensOf::Session(SESSION))], now)).await.unwrap();
    keeper.follow(now).await;

    assert_eq!(known(&keeper, entry), 3);
    let snapshot = keeper.snapshot(now).await.unwrap();
    assert_eq!(snapshot.find(entry.list_id).unwrap().token().list.find(entry.idx.unsigned_abs()), Some(3));
}

async fn a_change_by_another_node_is_seen_at_the_next_reload(url: &str) {
    let ((db, _), (_, other)) = (node(url).await, node(url).await);
    let entry = issue(&db, Holder::Client("c")).await;
    let now = UnixTime::now();
    db.write(move |conn| store::apply(conn, &[Mark::revoked(TokensOf::Client("c".to_owned()))], now)).await.unwrap();

    other.follow(now).await;

    assert_eq!(known(&other, entry), 1);
}

async fn revocation_is_final(url: &str) {
    let (db, keeper) = node(url).await;
    let entry = issue(&db, Holder::Session(SESSION)).await;
    let now = UnixTime::now();

    for status in [TokenStatus::ClaimsStale, TokenStatus::Revoked, TokenStatus::ClaimsStale] {
        db.write(move |conn| store::apply(conn, &[Mark { of: TokensOf::Entry(entry), status }], now)).await.unwrap();
    }

    keeper.follow(now).await;
    assert_eq!(known(&keeper, entry), 1);
    // Without effect, so the list is unchanged.
    assert_eq!(keeper.last_snapshot().rows()[0].version, 2);
}

async fn the_time_of_a_list_never_decreases(url: &str) {
    let (db, keeper) = node(url).await;
    let entry = issue(&db, Holder::Session(SESSION)).await;
    let before = keeper.last_snapshot().rows()[0].changed_at;

    // By a node whose clock is behind.
    let past = UnixTime::from_seconds(before - 30);
    db.write(move |conn| store::apply(conn, &[Mark::revoked(TokensOf::Entry(entry))], past)).await.unwrap();

    keeper.follow(UnixTime::now()).await;
    let row = keeper.last_snapshot().rows()[0];
    assert_eq!((row.changed_at, row.version), (before, 1));
}

async fn changes_at_the_same_time_never_wait_for_each_other(url: &str) {
    const PAIRS: i64 = 20;
    let nodes = [connect(url), connect(url)];
    open_list(&nodes[0]).await;
    nodes[0].run(|conn| execute(conn, "UPDATE status_lists SET lent = 65536")).await.unwrap();
    open_list(&nodes[0]).await;
    let now = UnixTime::now();
    // Of the two sessions of each user one has its token in the first list and one in the second, by turns.
    for number in 0..PAIRS * 2 {
        let id = SessionId::from_bytes(u128::from(number.unsigned_abs()).to_be_bytes());
        let session = format!(
            "INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, \
             rotated_at, idle_ends_at, ends_at) VALUES ('{id}', {}, '', '', 0, 0, 0, 1, 0, 0, 0)",
            number / 2
        );
        nodes[0].run(move |conn| execute(conn, &session)).await.unwrap();
        let entry = Entry { list_id: 1 + (number + number / 2) % 2, idx: number };
        let written = nodes[0].write(move |conn| store::insert(conn, entry, Holder::Session(id), now.plus(TTL)));
        written.await.unwrap();
    }

    let marks = (0..PAIRS).zip(nodes.iter().cycle()).map(|(pair, node)| {
        node.write(move |conn| {
            store::apply(conn, &[Mark::revoked(TokensOf::User { id: pair.into(), except: None })], now)
        })
    });
    let done = join_all(marks).await;

    assert!(done.iter().all(Result::is_ok), "{done:?}");
    for list_id in [1, 2] {
        let marked = nodes[0].run(move |conn| store::not_valid(conn, list_id)).await.unwrap();
        assert_eq!(marked.len(), usize::try_from(PAIRS).unwrap());
        assert!(marked.iter().all(|(_, status)| *status == 1));
    }
}

async fn nodes_that_open_a_list_concurrently_open_one(url: &str) {
    let nodes = [connect(url), connect(url)];

    join_all((0..8).map(|number| open_list(&nodes[number % 2]))).await;

    let now = UnixTime::now();
    let ids: Vec<_> = nodes[0].run(move |conn| lists::all_live(conn, now)).await.unwrap();
    assert_eq!(ids.iter().map(|row| row.id).collect::<Vec<_>>(), [1]);
}

fn config(url: &str) -> Config {
    let mut config = Config::default();
    config.database.url = Secret::new(url.to_owned());
    config.master_key = Some(Secret::new("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned()));
    config.keys.private_key = Some(Secret::new(PRIVATE_KEY_PEM.to_owned()));
    config
}

fn connect(url: &str) -> Db {
    let config = config(url);
    let db = Db::connect(&DatabaseUrl::of(&config.database).unwrap(), &config.database).unwrap();
    migrate(&db).unwrap();
    db
}

async fn node(url: &str) -> (Db, ListKeeper) {
    let (db, config) = (connect(url), config(url));
    let safe = Arc::new(KeySafe::load(&db, &DatabaseUrl::of(&config.database).unwrap(), &config).unwrap());
    let keys = KeyKeeper::open(&db, &safe, &config).await.unwrap();
    let keeper = ListKeeper::open(db.clone(), Arc::new(keys), &config, UnixTime::now()).await.unwrap();
    (db, keeper)
}

async fn open_list(db: &Db) {
    let now = UnixTime::now();
    db.run(move |conn| write_alone(conn, |conn| lists::prepare_next(conn, now))).await.unwrap();
}

/// Writes down a token of that holder, each with an entry of its own.
async fn issue(db: &Db, holder: Holder<'static>) -> Entry {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let entry = Entry { list_id: 1, idx: NEXT.fetch_add(1, Relaxed).into() };
    let expires_at = UnixTime::now().plus(TTL);
    db.write(move |conn| store::insert(conn, entry, holder, expires_at)).await.unwrap();
    entry
}

/// What this node's own verifier reads.
fn known(keeper: &ListKeeper, entry: Entry) -> u8 {
    let named = entry.claim(ISSUER).status_list.unwrap();
    match keeper.own().find(&named, UnixTime::now()) {
        StatusFound::Known { value, is_current: true } => value,
        other => panic!("{other:?}"),
    }
}

fn execute(conn: &mut DbConnection, statement: &str) -> QueryResult<()> {
    use diesel::RunQueryDsl;
    sql_query(statement).execute(conn).map(drop)
}
