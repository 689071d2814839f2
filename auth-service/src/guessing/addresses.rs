//! Failures by address, in the memory of this node.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use shared::UnixTime;

use super::{error::TooManyRequests, network::networks_of};
use crate::rate::Rate;

/// How many failures, or other events, each address may still have at this node. A success costs nothing.
pub struct Addresses {
    /// In milliseconds.
    rate: Rate,
    states: Mutex<HashMap<IpNet, State>>,
}

#[derive(Clone, Copy, Default)]
struct State {
    full_at: i64,
    in_progress: u32,
}

/// A request in progress from an address.
pub struct RequestFrom {
    addresses: Arc<Addresses>,
    address: Option<IpAddr>,
    rank: u32,
}

/// Failures that were admitted in parallel may exceed the burst; an address regains no attempt for this long at most.
const MAX_DEBT: Duration = Duration::from_mins(10);
/// With more networks than this that are not full, all are forgotten: who commands as many is not limited by address.
const MAX_NETWORKS: usize = 100_000;

impl Addresses {
    /// `burst` failures at once, and one more each `period`.
    pub fn new(burst: u32, period: Duration) -> Self {
        Self { rate: Rate { burst, period: millis(period) }, states: Mutex::default() }
    }

    /// Begins a request that may fail. An unknown address has no limit.
    ///
    /// # Errors
    /// [`TooManyRequests`] if the address has failed too often.
    pub fn begin(self: &Arc<Self>, address: Option<IpAddr>, now: UnixTime) -> Result<RequestFrom, TooManyRequests> {
        let mut rank = 0;
        if let Some(address) = address {
            let (now, mut states) = (in_millis(now), self.states());
            for (network, factor) in networks_of(address) {
                let state = states.get(&network).copied().unwrap_or_default();
                let rate = self.rate_of(factor);
                rate.take(state.full_at, now).map_err(too_many)?;
                rank = rank.max(rank_of(state, rate, now, factor));
            }
            networks_of(address).for_each(|(network, _)| states.entry(network).or_default().in_progress += 1);
        }
        Ok(RequestFrom { addresses: Arc::clone(self), address, rank })
    }

    /// Counts one event at once, before it is known how it ends.
    ///
    /// # Errors
    /// [`TooManyRequests`] if the address has had too many.
    pub fn take(&self, address: Option<IpAddr>, now: UnixTime) -> Result<(), TooManyRequests> {
        let Some(address) = address else { return Ok(()) };
        let (now, mut states) = (in_millis(now), self.states());
        let mut taken = Vec::with_capacity(2);
        for (network, factor) in networks_of(address) {
            let state = states.get(&network).copied().unwrap_or_default();
            taken.push((network, self.rate_of(factor).take(state.full_at, now).map_err(too_many)?));
        }
        make_room(&mut states, now);
        for (network, full_at) in taken {
            states.entry(network).or_default().full_at = full_at;
        }
        Ok(())
    }

    fn fail(&self, address: IpAddr, now: UnixTime) {
        let (now, mut states) = (in_millis(now), self.states());
        make_room(&mut states, now);
        for (network, factor) in networks_of(address) {
            let state = states.entry(network).or_default();
            let owed = state.full_at.max(now) + self.rate_of(factor).period;
            state.full_at = owed.min(self.rate_of(factor).latest(now) + millis(MAX_DEBT));
        }
    }

    fn end(&self, address: IpAddr) {
        let mut states = self.states();
        for (network, _) in networks_of(address) {
            if let Some(state) = states.get_mut(&network) {
                state.in_progress = state.in_progress.saturating_sub(1);
                if state.in_progress == 0 && state.full_at == 0 {
                    states.remove(&network);
                }
            }
        }
    }

    fn rate_of(&self, factor: u32) -> Rate {
        Rate { burst: self.rate.burst.saturating_mul(factor), period: (self.rate.period / i64::from(factor)).max(1) }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<IpNet, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestFrom {
    /// How far back it stands in the queue: behind those from addresses with fewer failures and fewer requests in progress.
    pub fn rank(&self) -> u32 {
        self.rank
    }

    /// Counts a failure.
    pub fn fail(&self, now: UnixTime) {
        if let Some(address) = self.address {
            self.addresses.fail(address, now);
        }
    }
}

impl Drop for RequestFrom {
    fn drop(&mut self) {
        if let Some(address) = self.address {
            self.addresses.end(address);
        }
    }
}

fn rank_of(state: State, rate: Rate, now: i64, factor: u32) -> u32 {
    let failures = (state.full_at - now).max(0) / rate.period;
    (u32::try_from(failures).unwrap_or(u32::MAX).saturating_add(state.in_progress)) / factor
}

fn make_room(states: &mut HashMap<IpNet, State>, now: i64) {
    if states.len() >= MAX_NETWORKS {
        states.retain(|_, state| state.full_at > now || state.in_progress > 0);
        if states.len() >= MAX_NETWORKS {
            log::warn!("attempts from more than {MAX_NETWORKS} networks: resetting their limits");
            states.clear();
        }
    }
}

fn too_many(millis: i64) -> TooManyRequests {
    TooManyRequests { retry_after: Duration::from_secs(millis.unsigned_abs().div_ceil(1000).max(1)) }
}

fn in_millis(now: UnixTime) -> i64 {
    now.seconds().saturating_mul(1000)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

    fn addresses() -> Arc<Addresses> {
        Arc::new(Addresses::new(3, Duration::from_secs(6)))
    }

    fn fails(addresses: &Arc<Addresses>, address: &str, now: UnixTime) -> Result<(), TooManyRequests> {
        addresses.begin(address.parse().ok(), now).map(|request| request.fail(now))
    }

    #[test]
    fn an_address_that_fails_too_often_waits_and_others_do_not() {
        let addresses = addresses();

        for _ in 0..3 {
            fails(&addresses, "203.0.113.7", NOW).unwrap();
        }

        let retry_after = Duration::from_secs(6);
        assert_eq!(fails(&addresses, "203.0.113.7", NOW), Err(TooManyRequests { retry_after }));
        assert_eq!(fails(&addresses, "203.0.113.8", NOW), Ok(()));
        assert_eq!(fails(&addresses, "203.0.113.7", NOW.plus(retry_after)), Ok(()));
    }

    #[test]
    fn successes_cost_nothing() {
        let addresses = addresses();

        for _ in 0..100 {
            drop(addresses.begin("203.0.113.7".parse().ok(), NOW).unwrap());
        }

        assert!(addresses.states().is_empty());
    }

    #[test]
    fn all_hosts_of_an_ipv6_customer_share_four_times_the_limit_of_one() {
        let addresses = addresses();

        let admitted = (0..100).filter(|host| fails(&addresses, &format!("2001:db8:1:{host:x}::1"), NOW).is_ok());

        assert_eq!(admitted.count(), 12);
    }

    #[test]
    fn requests_of_a_busy_or_failing_address_stand_further_back() {
        let addresses = addresses();
        let busy = "203.0.113.7".parse().ok();
        fails(&addresses, "203.0.113.8", NOW).unwrap();

        let first = addresses.begin(busy, NOW).unwrap();
        let second = addresses.begin(busy, NOW).unwrap();
        let failing = addresses.begin("203.0.113.8".parse().ok(), NOW).unwrap();

        assert_eq!((first.rank(), second.rank(), failing.rank()), (0, 1, 1));
    }

    #[test]
    fn events_that_are_counted_at_once_are_not_exceeded_in_parallel() {
        let addresses = addresses();

        let admitted = (0..10).filter(|_| addresses.take("203.0.113.7".parse().ok(), NOW).is_ok()).count();

        assert_eq!(admitted, 3);
    }
}
