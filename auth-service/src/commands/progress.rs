//! How far a long command is.

use std::{
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

/// The progress of a command on standard error: a bar on a terminal, elsewhere a line now and then.
pub(super) struct Progress {
    is_terminal: bool,
    total_bytes: Option<u64>,
    began: Instant,
    shown: Instant,
}

const REDRAW: Duration = Duration::from_millis(200);
const LINE_EVERY: Duration = Duration::from_secs(10);
const WIDTH: usize = 30;

impl Progress {
    /// Of reading a file of that size, if it has one.
    pub(super) fn new(total_bytes: Option<u64>, now: Instant) -> Self {
        let total_bytes = total_bytes.filter(|total| *total > 0);
        Self { is_terminal: io::stderr().is_terminal(), total_bytes, began: now, shown: now }
    }

    /// Shows how much has been read, if it is time to.
    pub(super) fn update(&mut self, bytes: u64, lines: usize, now: Instant) {
        let pause = if self.is_terminal { REDRAW } else { LINE_EVERY };
        if now.saturating_duration_since(self.shown) < pause {
            return;
        }
        self.shown = now;
        let text = self.text(bytes, lines, now);
        // Progress that cannot be shown does not fail the command.
        let _ = if self.is_terminal {
            write!(io::stderr(), "\r\u{1b}[K{}{text}", bar(bytes, self.total_bytes))
        } else {
            writeln!(io::stderr(), "{text}")
        };
    }

    /// Removes the bar, before other output.
    pub(super) fn clear(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }

    /// `120000 lines, 24000 per second, 45 %, 6 s left`.
    fn text(&self, bytes: u64, lines: usize, now: Instant) -> String {
        let elapsed = now.saturating_duration_since(self.began).as_millis().max(1);
        let rate = lines as u128 * 1000 / elapsed;
        let mut text = format!("{lines} lines, {rate} per second");
        if let Some(total) = self.total_bytes {
            let left = u128::from(total.saturating_sub(bytes)) * elapsed / u128::from(bytes.max(1)) / 1000;
            let percent = u128::from(bytes) * 100 / u128::from(total);
            text = format!("{text}, {percent} %, {left} s left");
        }
        text
    }
}

fn bar(bytes: u64, total: Option<u64>) -> String {
    let Some(total) = total else { return String::new() };
    let done = usize::try_from(u128::from(bytes) * WIDTH as u128 / u128::from(total)).unwrap_or(WIDTH).min(WIDTH);
    format!("[{}{}] ", "#".repeat(done), "-".repeat(WIDTH - done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_follow_from_what_was_read() {
        let began = Instant::now();
        let progress = Progress::new(Some(1000), began);

        let text = progress.text(250, 50_000, began + Duration::from_secs(2));

        assert_eq!(text, "50000 lines, 25000 per second, 25 %, 6 s left");
        assert_eq!(bar(500, Some(1000)), "[###############---------------] ");
        assert_eq!(bar(2000, Some(1000)), format!("[{}] ", "#".repeat(30)));
        assert_eq!(Progress::new(None, began).text(7, 1, began), "1 lines, 1000 per second");
    }
}
