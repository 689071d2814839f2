//! Admits guesses at passwords and other credentials.

use std::{net::IpAddr, sync::Arc, time::Duration};

use actix_web::rt::spawn;
use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use diesel::QueryResult;
use shared::UnixTime;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    addresses::{Addresses, RequestFrom},
    budget::{Budget, LaneRates},
    device_token::{Device, DeviceTokens},
    error::TooManyRequests,
    sender::Sender,
    store,
    turns::Turns,
};
use crate::{
    config::LimitConfig,
    db::{Db, DbConnection, DbError},
    ids::UserId,
    rate::Rate,
};

/// Admits guesses: first by the address, in memory; then by the account, in the database that all nodes share.
pub struct Guesses {
    db: Db,
    is_enabled: bool,
    addresses: Arc<Addresses>,
    registrations: Addresses,
    rates: LaneRates,
    devices: DeviceTokens,
    names: Key,
    turns: Arc<Turns>,
}

/// How long a login waits for others of the same user.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// Between two attempts, since another node may be evaluating guesses.
const PAUSE: Duration = Duration::from_millis(50);

/// A guess that was taken from a budget and is being evaluated; `None` without limits. Unless it is refunded, it has failed.
pub struct TakenGuess(Option<(Refund, OwnedSemaphorePermit)>);

/// What takes a guess in a transaction; `None` without limits.
pub struct Taker(Option<(LaneRates, Arc<Turns>)>);

/// What gives a guess back.
#[derive(Clone, Copy)]
pub struct Refund {
    budget: Budget,
    rate: Rate,
}

/// Why a guess is not evaluated.
#[derive(Debug, thiserror::Error)]
pub enum GuessError {
    /// None is left.
    #[error(transparent)]
    TooMany(#[from] TooManyRequests),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Guesses {
    /// As configured, with a random key that all nodes share.
    pub fn new(db: Db, config: &LimitConfig, secret: &[u8]) -> Self {
        let regained = |period: u32, count: u32| Duration::from_secs(period.into()) / count.max(1);
        Self {
            db,
            is_enabled: config.enabled,
            addresses: Arc::new(Addresses::new(config.address_burst, regained(60, config.address_per_minute))),
            registrations: Addresses::new(config.registration_burst, regained(3600, config.registration_per_hour)),
            rates: LaneRates::new(config),
            devices: DeviceTokens::new(secret),
            names: Key::new(HMAC_SHA256, secret),
            turns: Arc::default(),
        }
    }

    /// The sender at this address with this device token; an invalid token is ignored.
    pub fn sender(&self, address: Option<&str>, device_token: Option<&str>, now: UnixTime) -> Sender {
        let device = device_token.and_then(|token| self.devices.read(token, now));
        Sender { address: address.and_then(|address| address.parse().ok()), device, session: None }
    }

    /// The token of the device on which this user, who has changed the password so many times, has just entered it.
    pub fn device_token(&self, user: UserId, password_changes: i64, sender: Sender, now: UnixTime) -> String {
        let known = sender.device.filter(|device| device.user == user);
        let id = known.map_or_else(Uuid::new_v4, |device| device.id);
        self.devices.write(Device { user, id, password_changes }, now)
    }

    /// Begins a request with a credential, before anything is looked up.
    ///
    /// # Errors
    /// [`TooManyRequests`] if the address has failed too often.
    pub fn begin(&self, sender: Sender, now: UnixTime) -> Result<RequestFrom, TooManyRequests> {
        let limited = sender.address.filter(|_| self.is_enabled);
        self.addresses.begin(limited, now)
    }

    /// Counts a registration.
    ///
    /// # Errors
    /// [`TooManyRequests`] if the address has registered too many.
    pub fn count_registration(&self, address: Option<IpAddr>, now: UnixTime) -> Result<(), TooManyRequests> {
        self.registrations.take(address.filter(|_| self.is_enabled), now)
    }

    /// A number that no user has, for a name that no user has.
    pub fn number_of(&self, name: &str) -> UserId {
        let tag = hmac::sign(&self.names, &[b"name\0", name.as_bytes()].concat());
        let number = tag.as_ref().first_chunk().copied().map_or(0, i64::from_be_bytes);
        (-(number & i64::MAX) - 1).into()
    }

    /// What takes a guess in the transaction that finds out whose it is.
    pub fn taker(&self) -> Taker {
        Taker(self.is_enabled.then(|| (self.rates, Arc::clone(&self.turns))))
    }

    /// Takes one guess of a budget before it is evaluated, after those that wait for one. However many come at once, at whatever
    /// nodes, no more are taken than there are.
    ///
    /// # Errors
    /// [`GuessError::TooMany`] if none is left, also after others have been evaluated.
    pub async fn take(&self, budget: Budget, now: UnixTime) -> Result<TakenGuess, GuessError> {
        if !self.is_enabled {
            return Ok(TakenGuess(None));
        }
        let rate = self.rates.of(budget.lane);
        let turn = self.turns.of(budget, rate.burst).acquire_owned();
        if let Ok(Ok(turn)) = timeout(MAX_WAIT, turn).await {
            for pause in [PAUSE, PAUSE, Duration::ZERO] {
                if self.db.write_unsynced(move |conn| store::take(conn, budget, rate, now)).await? {
                    return Ok(TakenGuess(Some((Refund { budget, rate }, turn))));
                }
                // A guess at another node may yet be refunded.
                sleep(pause).await;
            }
        }
        Err(TooManyRequests { retry_after: self.rates.retry_after() }.into())
    }

    /// Refunds a guess that was right or was not evaluated, without waiting for it.
    pub fn refund(&self, taken: TakenGuess, is_right: bool) {
        let Some((refund, turn)) = taken.0 else { return };
        let db = self.db.clone();
        spawn(async move {
            let refunded = db.write_unsynced(move |conn| refund.write(conn, is_right)).await;
            if let Err(error) = refunded {
                log::warn!("cannot refund a guess, which remains counted: {error}");
            }
            drop(turn);
        });
    }
}

impl Taker {
    /// Takes one guess of a budget, unless there is none or others wait for one.
    ///
    /// # Errors
    /// Database errors.
    pub fn take(self, conn: &mut DbConnection, budget: Budget, now: UnixTime) -> QueryResult<Option<TakenGuess>> {
        let Some((rates, turns)) = self.0 else { return Ok(Some(TakenGuess(None))) };
        let rate = rates.of(budget.lane);
        let Ok(turn) = turns.of(budget, rate.burst).try_acquire_owned() else { return Ok(None) };
        let is_taken = store::take(conn, budget, rate, now)?;
        Ok(is_taken.then(|| TakenGuess(Some((Refund { budget, rate }, turn)))))
    }
}

impl TakenGuess {
    /// What refunds it in a transaction that the password was needed for. This guess must be kept until that is committed, and
    /// be refunded with [`Guesses::refund`] if it is not.
    pub fn refund(&self) -> Option<Refund> {
        self.0.as_ref().map(|(refund, _)| *refund)
    }
}

impl Refund {
    /// Refunds the guess: it was right, or was not evaluated.
    ///
    /// # Errors
    /// Database errors.
    pub fn write(self, conn: &mut DbConnection, is_right: bool) -> QueryResult<()> {
        store::refund(conn, self.budget, self.rate, is_right)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{
        config::Config,
        db::{DatabaseUrl, migrate},
        guessing::lane::Lane,
    };

    #[actix_web::test]
    async fn a_user_who_waits_for_a_guess_is_not_overtaken() {
        let folder = TempDir::new().unwrap();
        let url: DatabaseUrl = format!("sqlite://{}/auth.db", folder.path().display()).parse().unwrap();
        let db = Db::connect(&url, &Config::default().database).unwrap();
        migrate(&db).unwrap();
        let limits = LimitConfig { account_burst: 1, ..LimitConfig::default() };
        let guesses = Arc::new(Guesses::new(db.clone(), &limits, b"secret"));
        let (now, budget) = (UnixTime::now(), Budget { user_id: 1, lane: Lane::Stranger });
        let take_at_once = async || {
            let taker = guesses.taker();
            db.write_unsynced(move |conn| taker.take(conn, budget, now)).await.unwrap()
        };
        let first = take_at_once().await.unwrap();
        let waiting = spawn({
            let guesses = Arc::clone(&guesses);
            async move { guesses.take(budget, now).await.is_ok() }
        });
        // The task above waits after its first turn.
        tokio::task::yield_now().await;

        // As at the end of a login: refunded in its transaction, and dropped a little later.
        let refund = first.refund().unwrap();
        db.write_unsynced(move |conn| refund.write(conn, true)).await.unwrap();
        let newcomer = take_at_once().await;
        drop(first);

        assert!(newcomer.is_none());
        assert!(waiting.await.unwrap());
    }
}
