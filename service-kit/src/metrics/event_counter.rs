//! Event counters by outcome.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// Counts events by outcome. Each outcome exists from the start, at 0, so that `rate` sees the first event.
///
/// ```
/// use service_kit::EventCounter;
///
/// let logins = EventCounter::new(["success", "failure"]);
/// logins.count("success");
/// assert_eq!(logins.by_outcome().collect::<Vec<_>>(), [("success", 1), ("failure", 0)]);
/// ```
#[derive(Clone, Debug)]
pub struct EventCounter(Arc<[(&'static str, AtomicU64)]>);

impl EventCounter {
    /// A counter with these outcomes. Others are counted as the last one.
    pub fn new<const N: usize>(outcomes: [&'static str; N]) -> Self {
        Self(outcomes.map(|outcome| (outcome, AtomicU64::new(0))).into())
    }

    /// Counts an event.
    pub fn count(&self, outcome: &str) {
        let counted = self.0.iter().find(|(known, _)| *known == outcome).or(self.0.last());
        if let Some((_, count)) = counted {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Each outcome and its count.
    pub fn by_outcome(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(outcome, count)| (*outcome, count.load(Relaxed)))
    }

    /// The same as samples with one label.
    pub fn samples(&self, label: &'static str) -> impl Iterator<Item = ([(&'static str, &'static str); 1], u64)> {
        self.by_outcome().map(move |(outcome, count)| ([(label, outcome)], count))
    }
}
