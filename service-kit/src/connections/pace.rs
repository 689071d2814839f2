//! How far the current request of a connection is.

use std::{cell::Cell, task::Waker, time::Duration};

use tokio::time::Instant;

use super::ConnectionConfig;

/// Whether a connection waits for its client, and since when. The HTTP library has a time limit only for the headers of the
/// first request of a connection, and none for the client that does not read.
pub(crate) struct Pace {
    phase: Cell<Phase>,
    headers: Duration,
    idle: Duration,
    body: Duration,
    /// What reads on once the current request has a response.
    waiting: Cell<Option<Waker>>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// The client is sending the headers of a request.
    Headers(Instant),
    /// The service is working.
    Serving,
    /// The client has its response.
    Idle(Instant),
}

impl Pace {
    /// The HTTP library has this long to respond itself to a first request that is late.
    pub(super) const GRACE: Duration = Duration::from_secs(1);

    /// The pace of a new connection.
    pub(super) fn new(config: &ConnectionConfig, keep_alive: Duration) -> Self {
        let headers = config.for_headers();
        let idle = keep_alive + headers;
        let phase = Cell::new(Phase::Headers(Instant::now() + Self::GRACE));
        Self { phase, headers, idle, body: config.for_body(), waiting: Cell::default() }
    }

    /// How long the body of a request may take.
    pub(crate) fn for_body(&self) -> Duration {
        self.body
    }

    /// The client has sent something.
    pub(super) fn received(&self) {
        if let Phase::Idle(_) = self.phase.get() {
            self.phase.set(Phase::Headers(Instant::now()));
        }
    }

    /// The headers of a request have arrived.
    pub(crate) fn begin_request(&self) {
        self.phase.set(Phase::Serving);
    }

    /// The request has a response.
    pub(crate) fn end_request(&self, now: Instant) {
        self.phase.set(Phase::Idle(now));
        self.wake();
    }

    /// Whether every request has a response.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.phase.get(), Phase::Idle(_))
    }

    /// Wakes this task once the current request has a response, or its response is written.
    pub(super) fn wait(&self, waker: &Waker) {
        self.waiting.set(Some(waker.clone()));
    }

    /// Wakes what waits.
    pub(super) fn wake(&self) {
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }

    /// When the client is too slow.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.phase.get() {
            Phase::Headers(since) => Some(since + self.headers),
            Phase::Serving => None,
            Phase::Idle(since) => Some(since + self.idle),
        }
    }

    /// Whether the client was too slow, of a connection that is closed now: perhaps by the HTTP library, which looks at the clock
    /// twice a second and so may be early.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        const CLOCK_STEP: Duration = Duration::from_millis(500);
        let soon = now + Self::GRACE;
        match self.phase.get() {
            Phase::Headers(since) => since + self.headers <= soon + CLOCK_STEP,
            Phase::Serving => false,
            Phase::Idle(since) => since + self.idle <= soon,
        }
    }

    /// When to check the deadline again, which cannot pass before then.
    pub(super) fn next_check(&self, now: Instant) -> Instant {
        let check = now + self.headers;
        self.deadline().map_or(check, |deadline| deadline.min(check))
    }
}
