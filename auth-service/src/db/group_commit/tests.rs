use std::sync::mpsc;

use diesel::{Connection, RunQueryDsl, connection::SimpleConnection, dsl::sql, select, sql_query, sql_types::BigInt};
use futures_util::future::join_all;
use tempfile::TempDir;

use super::{super::Db, *};
use crate::{config::Config, db::DatabaseUrl};

fn database(folder: &TempDir) -> Db {
    let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
    let db = Db::connect(&url, &Config::default().database).unwrap();
    let tables = "CREATE TABLE notes (number BIGINT PRIMARY KEY); CREATE TABLE blobs (bytes BLOB)";
    db.run_here(|conn| conn.batch_execute(tables)).unwrap();
    db
}

fn insert(conn: &mut DbConnection, number: usize) -> Result<(), Error> {
    sql_query(format!("INSERT INTO notes VALUES ({number})")).execute(conn).map(drop)
}

fn count(db: &Db) -> usize {
    // Each row is deleted and counted.
    db.run_here(|conn| sql_query("DELETE FROM notes").execute(conn)).unwrap()
}

#[actix_web::test]
async fn a_write_that_fails_affects_no_other_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let db = database(&folder);
    let write = |number: usize| {
        db.write(move |conn| {
            insert(conn, number)?;
            if number.is_multiple_of(3) { Err(Error::RollbackTransaction) } else { Ok(number) }
        })
    };

    let results = join_all((0..300).map(write)).await;

    for (number, result) in results.iter().enumerate() {
        assert_eq!(result.as_ref().ok(), Some(&number).filter(|number| !number.is_multiple_of(3)));
    }
    assert_eq!(count(&db), 200);
}

#[actix_web::test]
async fn a_write_that_fails_alone_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let db = database(&folder);
    let fail = |conn: &mut DbConnection| {
        insert(conn, 1)?;
        Err::<(), _>(Error::RollbackTransaction)
    };
    let panic = |conn: &mut DbConnection| {
        insert(conn, 2)?;
        conn.transaction(|_| -> Result<(), Error> { panic!("a bug") })
    };

    let failed = db.write(fail).await;
    let failed_unsynced = db.write_unsynced(fail).await;
    let panicked = db.write(panic).await;
    db.write(|conn| insert(conn, 3)).await.unwrap();

    assert!(failed.is_err() && failed_unsynced.is_err());
    assert!(matches!(panicked, Err(DbError::Aborted(why)) if why == "a bug"));
    assert_eq!(count(&db), 1);
}

#[actix_web::test]
async fn a_write_reported_as_done_is_visible_to_other_connections() {
    let folder = TempDir::new().unwrap();
    let db = database(&folder);

    db.write(|conn| insert(conn, 7)).await.unwrap();

    assert_eq!(count(&db), 1);
}

#[actix_web::test]
async fn writes_that_need_no_sync_share_commits_with_those_that_do_and_do_not_weaken_them() {
    let folder = TempDir::new().unwrap();
    let db = database(&folder);
    let write = |number: usize| {
        let db = db.clone();
        async move {
            let work = move |conn: &mut DbConnection| insert(conn, number);
            if number.is_multiple_of(2) { db.write(work).await } else { db.write_unsynced(work).await }
        }
    };

    let results = join_all((0..300).map(write)).await;
    db.write_unsynced(|conn| insert(conn, 300)).await.unwrap();
    let sync = |conn: &mut DbConnection| {
        select(sql::<BigInt>("(SELECT synchronous FROM pragma_synchronous)")).get_result::<i64>(conn)
    };
    let level = db.write(sync).await.unwrap();

    assert!(results.iter().all(Result::is_ok));
    assert_eq!(level, 2, "FULL");
    assert_eq!(count(&db), 301);
}

#[actix_web::test]
async fn writes_beside_one_that_finds_the_disk_full_are_reported_as_what_they_are() {
    let folder = TempDir::new().unwrap();
    let db = database(&folder);
    let (release, held) = mpsc::channel::<()>();
    // The others wait meanwhile, and share a transaction.
    let first = db.write(move |_| Ok::<_, Error>(held.recv().is_err()));
    let write = |number: usize| {
        db.write(move |conn| {
            insert(conn, number)?;
            if number == 50 { fill_disk(conn) } else { Ok(()) }
        })
    };
    let others = join_all((0..100).map(write));
    let released = async { drop(release) };

    let (_, results, ()) = tokio::join!(first, others, released);

    let mut expected = 0;
    for (number, result) in results.into_iter().enumerate() {
        match result {
            Ok(()) => expected += 1,
            Err(error) => assert!(number <= 50 && matches!(error, DbError::NotWritable(_)), "{number}: {error:?}"),
        }
    }
    assert_eq!((expected, count(&db)), (49, 49));
}

#[actix_web::test]
async fn a_write_that_changes_many_pages_succeeds_beside_others() {
    let folder = TempDir::new().unwrap();
    let db = database(&folder);
    // A page each, of which SQLite keeps a copy until the write is done.
    let fill = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2000) \
                INSERT INTO blobs SELECT zeroblob(4000) FROM numbers";
    db.write(move |conn| sql_query(fill).execute(conn)).await.unwrap();
    let (release, held) = mpsc::channel::<()>();
    let first = db.write(move |_| Ok::<_, Error>(held.recv().is_err()));
    let change = db.write(|conn| sql_query("UPDATE blobs SET bytes = randomblob(4000)").execute(conn));
    let insert = db.write(|conn| insert(conn, 1));
    let released = async { drop(release) };

    let (_, changed, inserted, ()) = tokio::join!(first, change, insert, released);

    assert_eq!((changed.unwrap(), inserted.unwrap(), count(&db)), (2000, (), 1));
}

/// Fails as if the disk were full.
fn fill_disk(conn: &mut DbConnection) -> Result<(), Error> {
    conn.batch_execute("PRAGMA max_page_count = 1")?;
    let failed = sql_query("INSERT INTO blobs VALUES (zeroblob(1000000))").execute(conn).map(drop);
    conn.batch_execute("PRAGMA max_page_count = 1000000")?;
    failed
}

#[actix_web::test]
async fn a_write_that_panics_is_an_internal_error_and_affects_no_other() {
    let folder = TempDir::new().unwrap();
    let db = database(&folder);
    let write = |number: usize| {
        db.write(move |conn| {
            insert(conn, number)?;
            assert!(!number.is_multiple_of(3), "a bug");
            if number.is_multiple_of(5) {
                // A savepoint that the panic leaves open.
                conn.transaction(|_| -> Result<(), Error> { panic!("a bug within") })?;
            }
            Ok::<_, Error>(number)
        })
    };

    let results = join_all((0..300).map(write)).await;

    for (number, result) in results.iter().enumerate() {
        match result {
            Ok(done) => assert!(*done == number && !number.is_multiple_of(3) && !number.is_multiple_of(5)),
            Err(DbError::Aborted(why)) if number.is_multiple_of(3) => assert_eq!(why, "a bug"),
            Err(DbError::Aborted(why)) => assert!(number.is_multiple_of(5) && why == "a bug within"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(count(&db), 160);
}
