//! Processes that start together shall not ask together for ever.

use std::time::Duration;

use aws_lc_rs::rand;

/// Between nine tenths of `span` and all of it, at random.
pub fn jittered(span: Duration) -> Duration {
    let mut random = [0; 2];
    // Without randomness the full span is as good.
    let share = rand::fill(&mut random).map_or(0, |()| u16::from_le_bytes(random));
    span.mul_f64(1.0 - 0.1 * f64::from(share) / f64::from(u16::MAX))
}
