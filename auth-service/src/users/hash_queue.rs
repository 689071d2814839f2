//! Hashes that wait for a thread, the most urgent first.

use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// How urgent a hash is: earlier variants first, then lower ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// An admin, or somebody on a device or in a network where the user has logged in.
    Known(u32),
    /// A login from anywhere else.
    Login(u32),
    /// A registration.
    Registration(u32),
}

impl Priority {
    /// Of a login, by whether the user has been there before, and by the address's rank.
    pub fn of_login(is_known: bool, rank: u32) -> Self {
        if is_known { Self::Known(rank) } else { Self::Login(rank) }
    }
}

/// A bounded queue. If it is full, the least urgent job is refused, be it the new one or one that waits.
pub struct HashQueue<J> {
    state: Mutex<State<J>>,
    has_job: Condvar,
    capacity: usize,
}

struct State<J> {
    /// Of the same priority, the oldest first.
    jobs: BTreeMap<(Priority, u64), J>,
    next: u64,
    is_closed: bool,
}

impl<J> HashQueue<J> {
    /// An empty queue for up to `capacity` jobs.
    pub fn new(capacity: usize) -> Self {
        let state = State { jobs: BTreeMap::new(), next: 0, is_closed: false };
        Self { state: Mutex::new(state), has_job: Condvar::new(), capacity }
    }

    /// Adds a job. The one that is refused, if the queue is full.
    pub fn push(&self, priority: Priority, job: J) -> Option<J> {
        let mut state = self.state();
        let key = (priority, state.next);
        state.next += 1;
        state.jobs.insert(key, job);
        let refused = if state.jobs.len() > self.capacity { state.jobs.pop_last() } else { None };
        drop(state);
        self.has_job.notify_one();
        refused.map(|(_, job)| job)
    }

    /// The most urgent job, once there is one; `None` once the queue is closed.
    pub fn pop(&self) -> Option<J> {
        let mut state = self.state();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some((_, job)) = state.jobs.pop_first() {
                return Some(job);
            }
            state = self.has_job.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends every [`pop`](Self::pop), and drops what waits.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.jobs.clear();
        drop(state);
        self.has_job.notify_all();
    }

    /// How many jobs wait.
    pub fn len(&self) -> usize {
        self.state().jobs.len()
    }

    /// How many jobs may wait.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Priority::{Known, Login, Registration},
        *,
    };

    #[test]
    fn the_most_urgent_job_is_next_and_equal_ones_keep_their_order() {
        let queue = HashQueue::new(8);
        for (priority, name) in [
            (Registration(0), "registration"),
            (Login(1), "second of an address"),
            (Login(0), "first stranger"),
            (Login(0), "second stranger"),
            (Known(5), "known"),
        ] {
            assert_eq!(queue.push(priority, name), None);
        }

        let order: Vec<_> = (0..5).map_while(|_| queue.pop()).collect();

        let expected = ["known", "first stranger", "second stranger", "second of an address", "registration"];
        assert_eq!(order, expected);
    }

    #[test]
    fn a_full_queue_refuses_the_least_urgent_job() {
        let queue = HashQueue::new(2);
        queue.push(Login(0), "first");
        queue.push(Login(7), "of a busy address");

        assert_eq!(queue.push(Login(7), "another of it"), Some("another of it"));
        assert_eq!(queue.push(Login(0), "second"), Some("of a busy address"));
        assert_eq!(queue.push(Registration(0), "registration"), Some("registration"));
        assert_eq!(queue.len(), 2);
    }

    #[test]
    fn a_closed_queue_wakes_those_who_wait() {
        let queue = HashQueue::<()>::new(1);

        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.pop());
            queue.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
    }
}
