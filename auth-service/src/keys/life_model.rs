//! The life of keys under any schedule of rotations, against what verifiers rely on.

use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{Arc, LazyLock},
    time::Duration,
};

use aws_lc_rs::{encoding::AsDer, rsa::KeySize, signature::RsaKeyPair};
use shared::{UnixTime, testing::Dice};
use tempfile::TempDir;

use super::{
    key_ring::{KeyRing, Stage},
    key_tx::KeyTx,
    rotation::{RotationPolicy, withdraw},
    signing_key::SigningKey,
    store::{self, KeyRow},
    timed_key::TimedKey,
};
use crate::{
    config::Config,
    db::{DatabaseUrl, Db, DbConnection, DbError, migrate},
};

/// How long a token lives, and how far the clock of a node may be behind.
const TOKEN_TTL: i64 = 20;
const SKEW: i64 = 5;
const POLICY: RotationPolicy = RotationPolicy {
    rotate_every: Duration::from_secs(100),
    publish_ahead: Duration::from_secs(20),
    keep_after: Duration::from_secs(30),
};

static POOL: LazyLock<[Arc<SigningKey>; 6]> = LazyLock::new(|| {
    [(); 6].map(|()| {
        let der = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        Arc::new(
            SigningKey::from_pkcs8(AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&der).unwrap().as_ref()).unwrap(),
        )
    })
});

/// A token that some node has signed.
struct Token {
    kid: String,
    expires_at: i64,
}

/// The ring that a node reads.
fn ring(conn: &mut DbConnection) -> KeyRing {
    let at = UnixTime::from_seconds;
    let timed = |row: KeyRow| TimedKey {
        key: Arc::clone(POOL.iter().find(|key| key.kid() == row.kid).unwrap()),
        list_key: None,
        id_key: None,
        created_at: at(row.created_at),
        active_from: at(row.active_from),
        retire_at: row.retire_at.map(at),
        forget_at: row.forget_at.map(at),
    };
    KeyRing::new(store::all(conn).unwrap().into_iter().map(timed).collect())
}

fn row(key: &SigningKey, now: i64) -> KeyRow {
    KeyRow {
        kid: key.kid().to_owned(),
        sealed_private_key: String::new(),
        created_at: now,
        active_from: now,
        retire_at: None,
        forget_at: None,
        sealed_list_key: None,
        sealed_id_key: None,
    }
}

fn run(conn: &mut DbConnection, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut now = 1_800_000_000;
    let mut unused = POOL.iter();
    store::insert(conn, &row(unused.next().unwrap(), now)).unwrap();
    let (mut tokens, mut withdrawn, mut early) = (Vec::<Token>::new(), BTreeSet::new(), BTreeSet::new());
    let mut log = format!("seed {seed}:");

    for _ in 0..60 {
        now += *dice.choose(&[0, 1, 4, 10, 19, 30, 80]).unwrap_or(&0);
        let (keys, at) = (ring(conn), UnixTime::from_seconds(now));
        let fresh = unused.clone().next().map(|key| row(key, now));
        let tx = &mut KeyTx { conn: &mut *conn, ring: &keys, now: at, fresh: fresh.as_ref() };
        match dice.below(12) {
            0 if fresh.is_some() && keys.next(at).is_none() => {
                let _ = write!(log, " {now} rotate;");
                POLICY.publish(tx, at.plus(POLICY.publish_ahead)).ok().unwrap();
            }
            1 => {
                let _ = write!(log, " {now} activate;");
                early.extend(keys.next(at).map(|next| next.key.kid().to_owned()));
                POLICY.activate(tx).unwrap();
            }
            2 if fresh.is_some() => {
                let kids: Vec<_> = keys.kids(at).map(str::to_owned).collect();
                let kid = dice.choose(&kids).unwrap();
                let _ = write!(log, " {now} withdraw {kid};");
                withdraw(tx, kid).ok().unwrap();
                withdrawn.insert(kid.clone());
                // Whatever signs now, has not been published ahead.
                early.extend(ring(conn).kids(at).map(str::to_owned));
            }
            _ if fresh.is_some() && POLICY.is_due(&keys, at) => {
                let _ = write!(log, " {now} due;");
                POLICY.publish(tx, at.plus(POLICY.publish_ahead)).ok().unwrap();
            }
            _ => {}
        }
        let rows: BTreeSet<_> = store::all(conn).unwrap().into_iter().map(|row| row.kid).collect();
        while unused.clone().next().is_some_and(|key| rows.contains(key.kid())) {
            unused.next();
        }
        check(&ring(conn), now, &mut tokens, &withdrawn, &early, &log);
    }
    diesel::RunQueryDsl::execute(diesel::delete(crate::schema::signing_keys::table), conn).unwrap();
}

fn check(
    ring: &KeyRing,
    now: i64,
    tokens: &mut Vec<Token>,
    withdrawn: &BTreeSet<String>,
    early: &BTreeSet<String>,
    log: &str,
) {
    let at = UnixTime::from_seconds(now);
    let current = |at| ring.keys().iter().filter(|timed| ring.stage(timed, at) == Stage::Current).count();
    assert_eq!(current(at), 1, "one key signs: {log}");
    let signer = ring.current(at).unwrap().key.kid();
    assert!(!withdrawn.contains(signer), "no withdrawn key signs: {log}");
    // A node whose clock is behind signs too, though for these seconds with a key that has been withdrawn, which helps nobody.
    for clock in [now, now - SKEW] {
        let signer = ring.current(UnixTime::from_seconds(clock)).unwrap();
        let kid = signer.key.kid().to_owned();
        let ahead = now - signer.created_at.seconds();
        let is_first = signer.created_at == signer.active_from;
        assert!(is_first || early.contains(&kid) || ahead >= 20, "{kid} was published {ahead} s ahead: {log}");
        tokens.push(Token { kid, expires_at: clock + TOKEN_TTL });
    }
    tokens.retain(|token| token.expires_at > now && !withdrawn.contains(&token.kid));
    for token in tokens {
        assert!(ring.is_published(&token.kid, at), "at {now} a token of {} is valid: {log}", token.kid);
    }
}

#[test]
fn whatever_the_schedule_a_valid_token_has_its_key() {
    let folder = TempDir::new().unwrap();
    let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
    let db = Db::connect(&url, &Config::default().database).unwrap();
    migrate(&db).unwrap();

    let done = db.run_here(|conn| {
        diesel::Connection::test_transaction::<_, DbError, _>(conn, |conn| {
            (0..12).for_each(|seed| run(conn, seed));
            Ok(())
        });
        Ok::<_, DbError>(())
    });

    assert!(done.is_ok());
}
