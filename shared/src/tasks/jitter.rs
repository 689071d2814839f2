//! Jitter, so that processes started together do not keep sending their requests together.

use std::time::Duration;

use aws_lc_rs::rand;

/// A random duration between 90% and 100% of `span`.
pub fn jittered(span: Duration) -> Duration {
    let mut random = [0; 2];
    // Without random bytes the full span will do.
    let share = rand::fill(&mut random).map_or(0, |()| u16::from_le_bytes(random));
    span.mul_f64(1.0 - 0.1 * f64::from(share) / f64::from(u16::MAX))
}
