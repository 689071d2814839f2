//! The background task that keeps an issuer's endpoints current.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use tokio::time::{Instant, sleep};

use super::provider::{Provider, ProviderSource};
use crate::{client::MAX_SILENCE, tasks::SupervisedTask};

const INTERVAL: Duration = Duration::from_mins(10);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(5);
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// Fetches the metadata every ten minutes, and more often while the issuer does not respond. What was found stays until
/// something newer is.
pub(super) fn refresh_provider(source: Arc<ProviderSource>, found: Arc<ArcSwapOption<Provider>>) -> SupervisedTask {
    SupervisedTask::spawn("openid-metadata", MAX_SILENCE, move |heartbeat| {
        let (source, found) = (Arc::clone(&source), Arc::clone(&found));
        async move {
            let mut failures = 0_u32;
            loop {
                heartbeat.beat();
                let delay = match source.fetch().await {
                    Ok(provider) => {
                        found.store(Some(Arc::new(provider)));
                        failures = 0;
                        INTERVAL
                    }
                    Err(error) => {
                        failures = failures.saturating_add(1);
                        if failures.is_power_of_two() {
                            log::warn!("fetch of the issuer's OpenID metadata failed (attempt {failures}): {error}");
                        }
                        Duration::from_millis(125).saturating_mul(1 << failures.min(16)).min(MAX_RETRY_DELAY)
                    }
                };
                let next = Instant::now() + crate::tasks::jittered(delay);
                while Instant::now() < next {
                    heartbeat.beat();
                    sleep(HEARTBEAT_INTERVAL.min(next.saturating_duration_since(Instant::now()))).await;
                }
            }
        }
    })
}
