//! The reload loop of the status lists.

use std::{error::Error, time::Duration};

use shared::{UnixTime, tasks::Heartbeat};

use super::list_keeper::ListKeeper;
use crate::reload_loop::Reload;

/// Loads changes of other nodes, and opens the next list when it is due. Apart from the loop of the keys, which may
/// generate a key for seconds.
impl Reload for ListKeeper {
    const NAME: &'static str = "status-lists";
    const WHAT: &'static str = "status lists";
    const INTERVAL: Duration = Duration::from_millis(400);

    async fn missed(&self) {
        self.own().next_miss().await;
    }

    async fn reload(&self, _: &Heartbeat) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(self.keep(UnixTime::now()).await?)
    }

    fn notify_reloaded(&self) {
        self.own().notify_refreshed();
    }
}
