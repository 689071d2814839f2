//! A notice that waits, and when it is sent again.

use std::time::Duration;

use diesel::Queryable;
use shared::UnixTime;

use crate::ids::{SessionId, UserId};

/// The delay of the second attempt, which doubles with each further one.
const FIRST_DELAY: Duration = Duration::from_secs(5);
const MAX_DELAY: Duration = Duration::from_hours(1);
/// The application's own session has probably ended by then.
const GIVE_UP: Duration = Duration::from_hours(24);

/// That a browser session has ended, for one application.
#[derive(Clone, Debug, Queryable)]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// Who was logged in.
    pub user: UserId,
    /// The browser's session.
    pub browser: SessionId,
    /// When it ended.
    pub created_at: UnixTime,
    /// How often the notice was sent in vain.
    pub attempts: i64,
}

impl Notice {
    /// When it is due again, if it has just been sent in vain. `None` if it is given up.
    pub fn retry_at(&self, now: UnixTime) -> Option<UnixTime> {
        (now < self.created_at.plus(GIVE_UP)).then(|| now.plus(self.delay()))
    }

    fn delay(&self) -> Duration {
        let doublings = u32::try_from(self.attempts.clamp(0, 16)).unwrap_or(16);
        FIRST_DELAY.saturating_mul(1 << doublings).min(MAX_DELAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_60_the_delay_doubles_up_to_an_hour_and_ends_after_a_day() {
        let created_at = UnixTime::from_seconds(1_700_000_000);
        let user = 1.into();
        let mut notice = Notice { id: String::new(), user, browser: SessionId::generate(), created_at, attempts: 0 };
        let (mut now, mut delays) = (created_at, Vec::new());

        while let Some(next) = notice.retry_at(now) {
            delays.push(next.seconds() - now.seconds());
            (now, notice.attempts) = (next, notice.attempts + 1);
        }

        assert_eq!(delays[..12], [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(now.seconds() - created_at.seconds(), 5 * 1023 + 23 * 3600);
    }
}
