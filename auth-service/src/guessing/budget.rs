//! How many guesses at a password each lane has.

use std::time::Duration;

use super::lane::Lane;
use crate::{config::LimitConfig, rate::Rate};

/// The budget of one lane to one user's password, or to a name that no user has. On all nodes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// The user's number, or a negative one for a name that no user has: its guesses are counted alike, so that neither
    /// answer nor time tells whether a user exists.
    pub user_id: i64,
    /// From where.
    pub lane: Lane,
}

/// The limits of lanes, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct LaneRates {
    known: Rate,
    stranger: Rate,
}

/// From this many failures in a day on, strangers regain a guess each [`SLOW_PERIOD`].
pub const MANY_FAILURES: i64 = 100;
/// 15 minutes.
pub const SLOW_PERIOD: i64 = 900;
/// A device with this many failures since its last success is a stranger.
pub const MAX_DEVICE_FAILURES: i64 = 50;

impl LaneRates {
    /// As configured.
    pub fn new(config: &LimitConfig) -> Self {
        let rate = |burst: u32, per_hour: u32| Rate { burst, period: i64::from(3600 / per_hour.clamp(1, 3600)) };
        Self {
            known: rate(config.known_burst, config.known_per_hour),
            stranger: rate(config.account_burst, config.account_per_hour),
        }
    }

    /// What is answered when no guess is left: when strangers regain one. It is the same for all names and lanes, since the state
    /// of a budget shows who else uses it, and its lane, whether the user has been there.
    pub fn retry_after(self) -> Duration {
        Duration::from_secs(self.stranger.period.unsigned_abs())
    }

    /// The limit of a lane.
    pub fn of(self, lane: Lane) -> Rate {
        match lane {
            Lane::Device(_) | Lane::Network(_) => self.known,
            // The thief of an access token gets no more guesses than a stranger.
            Lane::Session(_) | Lane::Stranger => self.stranger,
        }
    }
}
