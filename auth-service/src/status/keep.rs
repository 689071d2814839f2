//! The loop that keeps the status lists of this node up to date.

use std::time::Duration;

use actix_web::{rt, web::Data};
use shared::UnixTime;
use tokio::time::sleep;

use super::list_keeper::ListKeeper;

/// Takes over what other nodes change, within half a second or so, and sees to it that there are lists.
///
/// It is not the keys' loop, which may make a key for seconds. It ends when this is dropped.
pub struct ListLoop(rt::task::JoinHandle<()>);

const PAUSE: Duration = Duration::from_millis(400);
/// A token with an unknown list makes the loop look at once, but not more often than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

impl ListLoop {
    /// Starts the loop on this thread's runtime.
    pub fn spawn(keeper: Data<ListKeeper>) -> Self {
        Self(rt::spawn(keep(keeper)))
    }
}

impl Drop for ListLoop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep(keeper: Data<ListKeeper>) {
    let mut was_well = true;
    loop {
        sleep(SHORTEST_PAUSE).await;
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = keeper.own().miss() => {}
        }
        let kept = keeper.keep(UnixTime::now()).await;
        match &kept {
            Err(error) if was_well => log::error!("the status lists cannot be looked after: {error:?}"),
            Ok(()) if !was_well => log::info!("the status lists can be looked after again"),
            _ => {}
        }
        was_well = kept.is_ok();
        keeper.own().has_looked();
    }
}
