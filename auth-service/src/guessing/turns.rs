//! The order of guesses at this node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Semaphore;

use super::budget::Budget;

/// Lets no more guesses of a budget be evaluated at the same time than it has, so that many right ones in parallel wait for each
/// other's refund and are not refused.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<Budget, Weak<Semaphore>>>);

/// With more entries than this, those that nobody uses are removed.
const TIDY_AT: usize = 1024;

impl Turns {
    /// What a guess of this budget waits for.
    pub(super) fn of(&self, budget: Budget, burst: u32) -> Arc<Semaphore> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&budget).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= TIDY_AT {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::new(Semaphore::new(burst as usize));
        turns.insert(budget, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guessing::lane::Lane;

    fn budget(user_id: i64) -> Budget {
        Budget { user_id, lane: Lane::Stranger }
    }

    #[test]
    fn guesses_of_one_budget_share_their_turns() {
        let turns = Turns::default();

        let one = turns.of(budget(1), 2).try_acquire_owned().unwrap();
        let other = turns.of(budget(1), 2).try_acquire_owned().unwrap();

        assert!(turns.of(budget(1), 2).try_acquire_owned().is_err());
        assert!(turns.of(budget(2), 2).try_acquire_owned().is_ok());
        drop((one, other));
        assert!(turns.of(budget(1), 2).try_acquire_owned().is_ok());
    }

    #[test]
    fn budgets_that_nobody_uses_are_forgotten() {
        let turns = Turns::default();
        for user in 0..10_000 {
            turns.of(budget(user), 1);
        }

        assert!(turns.0.lock().unwrap().len() <= TIDY_AT);
    }
}
