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
    turns: Turns,
}

/// How long a login waits for others of the same user.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// Between two attempts, since another node may be evaluating guesses.
const PAUSE: Duration = Duration::from_millis(50);

/// A guess that was taken from a budget and is being evaluated; `None` without limits. Unless it is refunded, it has failed.
pub struct TakenGuess(Option<(Refund, Option<OwnedSemaphorePermit>)>);

/// What takes a guess in a transaction; `None` without limits.
#[derive(Clone, Copy)]
pub struct Taker(Option<LaneRates>);

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
            turns: Turns::default(),
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
        Taker(self.is_enabled.then_some(self.rates))
    }

    /// The guess of a budget that a [`Taker`] has taken before it is evaluated; or else, the next one. However many come at once, at
    /// whatever nodes, no more are taken than there are.
    ///
    /// # Errors
    /// [`GuessError::TooMany`] if none is left, also after others have been evaluated.
    pub async fn take(&self, budget: Budget, is_taken: bool, now: UnixTime) -> Result<TakenGuess, GuessError> {
        if !self.is_enabled {
            return Ok(TakenGuess(None));
        }
        let rate = self.rates.of(budget.lane);
        let guess = |turn| TakenGuess(Some((Refund { budget, rate }, turn)));
        let turns = self.turns.of(budget, rate.burst);
        if is_taken {
            return Ok(guess(turns.try_acquire_owned().ok()));
        }
        if let Ok(Ok(turn)) = timeout(MAX_WAIT, turns.acquire_owned()).await {
            for pause in [PAUSE, PAUSE, Duration::ZERO] {
                if self.db.write_unsynced(move |conn| store::take(conn, budget, rate, now)).await? {
                    return Ok(guess(Some(turn)));
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
    /// Takes one guess of a budget. Whether there was one.
    ///
    /// # Errors
    /// Database errors.
    pub fn take(self, conn: &mut DbConnection, budget: Budget, now: UnixTime) -> QueryResult<bool> {
        let Some(rates) = self.0 else { return Ok(true) };
        store::take(conn, budget, rates.of(budget.lane), now)
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
