//! Refresh tokens against a model of the rule that `docs/api.md` and the glossary state.

use std::{fmt::Write, time::Duration};

use shared::{AuthError, Role, UnixTime, testing::Dice};
use tempfile::TempDir;

use super::{
    error::SessionError, lifetimes::Lifetimes, redemption::redeem, refresh_token::RefreshToken, session::Session, store,
};
use crate::{
    client_info::ClientInfo,
    config::{Config, LimitConfig, TokenConfig},
    db::{Abort, DatabaseUrl, Db, migrate},
    rate::Rate,
    unit_of_work::{Tx, UnitOfWork},
    users::store as users,
};

const GRACE: i64 = 30;
const IDLE: i64 = 1000;
const LIFE: i64 = 5000;

#[derive(Debug, PartialEq)]
enum Outcome {
    /// Accepted; the successor's generation.
    Next(i64),
    Revoked,
    Expired,
    Reused,
    TooMany,
}

/// What the rule says, written once more and differently: as a list of cases, without SQL.
struct Model {
    valid: i64,
    rotated_at: i64,
    idle_end: i64,
    end: i64,
    is_over: bool,
    full_at: i64,
}

impl Model {
    fn redeem(&mut self, generation: i64, rate: Rate, now: i64) -> Outcome {
        let is_in_time = now < self.idle_end && now < self.end;
        let is_first_use = generation == self.valid && is_in_time;
        let is_retry = generation + 1 == self.valid && now - self.rotated_at <= GRACE && now < self.end;
        if self.is_over {
            return Outcome::Revoked;
        }
        if is_first_use || is_retry {
            let Ok(full_at) = rate.take(self.full_at, now) else {
                return if is_in_time { Outcome::TooMany } else { Outcome::Expired };
            };
            self.full_at = full_at;
            if is_first_use {
                (self.valid, self.rotated_at, self.idle_end) = (self.valid + 1, now, now + IDLE);
            }
            return Outcome::Next(self.valid);
        }
        if !is_in_time {
            return Outcome::Expired;
        }
        if generation > self.valid || generation >> 32 < self.valid >> 32 {
            return Outcome::Revoked;
        }
        self.is_over = true;
        Outcome::Reused
    }
}

fn lifetimes() -> Lifetimes {
    let tokens = TokenConfig {
        refresh_ttl_secs: u32::try_from(IDLE).unwrap(),
        session_ttl_secs: u32::try_from(LIFE).unwrap(),
        reuse_grace_secs: u32::try_from(GRACE).unwrap(),
        ..TokenConfig::default()
    };
    Lifetimes::new(&tokens, &LimitConfig { session_burst: 5, session_per_minute: 6, ..LimitConfig::default() })
}

fn outcome(redeemed: Result<(shared::User, Session), SessionError>) -> Outcome {
    match redeemed {
        Ok((_, session)) => Outcome::Next(session.generation),
        Err(SessionError::Refused(AuthError::Revoked)) => Outcome::Revoked,
        Err(SessionError::Refused(AuthError::Expired)) => Outcome::Expired,
        Err(SessionError::TokenReused) => Outcome::Reused,
        Err(SessionError::TooMany(_)) => Outcome::TooMany,
        Err(other) => panic!("{other}"),
    }
}

/// One session and forty events: refreshes with tokens of all ages, waits, and changes of the password.
fn run(tx: &mut Tx<'_>, user: crate::ids::UserId, seed: u64) -> Result<(), Abort<SessionError>> {
    let (lifetimes, mut dice) = (lifetimes(), Dice::new(seed));
    let client = ClientInfo { device: String::new(), address: None };
    let mut now = 1_800_000_000;
    let session = lifetimes.new_session(user, client.clone(), UnixTime::from_seconds(now));
    store::insert(tx, &session)?;
    let (idle_end, end) = (session.idle_ends_at.seconds(), session.ends_at.seconds());
    let mut model = Model { valid: 1, rotated_at: now, idle_end, end, is_over: false, full_at: 0 };
    let mut log = format!("seed {seed}:");

    for _ in 0..40 {
        now += *dice.choose(&[0, 1, 5, GRACE, GRACE + 1, 10, 60, 300, IDLE - 1, IDLE]).unwrap_or(&0);
        let at = UnixTime::from_seconds(now);
        if dice.below(20) == 0 {
            let renewed = store::renew(tx, session.id, lifetimes.idle_end(at), at)?;
            assert_eq!(renewed.is_some(), !model.is_over && now < model.end, "{log}");
            if let Some(renewed) = renewed {
                (model.valid, model.rotated_at, model.idle_end) = (renewed.generation, now, now + IDLE);
            }
            continue;
        }
        let age = *dice.choose(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, -1, 1 << 32]).unwrap_or(&0);
        let generation = (model.valid - age).max(1);
        let was_over = model.is_over;

        let redeemed = redeem(tx, RefreshToken { session: session.id, generation }, None, lifetimes, &client, at)?;

        let (actual, expected) = (outcome(redeemed), model.redeem(generation, lifetimes.tokens, now));
        let _ = write!(log, "\n  {now}: {generation} -> {actual:?}");
        assert_eq!(actual, expected, "{log}");
        assert!(!was_over || actual == Outcome::Revoked, "a session that is over stays over: {log}");
    }
    Ok(())
}

#[actix_web::test]
async fn a_refresh_follows_the_rule_of_single_use_grace_and_reuse() {
    let folder = TempDir::new().unwrap();
    let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
    let db = Db::connect(&url, &Config::default().database).unwrap();
    migrate(&db).unwrap();
    let now = UnixTime::from_seconds(1_800_000_000);

    let done: Result<(), SessionError> = UnitOfWork::new(db)
        .run(now, move |tx| {
            let user = users::insert(tx, &"alice".parse().unwrap(), "", &Role::USER, now)?;
            for seed in 0..60 {
                run(tx, user, seed)?;
            }
            Ok::<_, Abort<SessionError>>(())
        })
        .await;

    assert!(done.is_ok(), "{done:?}");
    assert_eq!(lifetimes().reuse_grace, Duration::from_secs(30));
}
