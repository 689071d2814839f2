//! The loop that keeps the keys of this node up to date.

use std::time::Duration;

use actix_web::{rt, web::Data};
use shared::UnixTime;
use tokio::time::sleep;

use super::{key_keeper::KeyKeeper, managed_keys::KeyError};
use crate::verifiers::register::VerifierRegister;

/// Takes over what other nodes change, within a second or so, writes down which verifiers asked, and publishes a next
/// key when it is time.
///
/// The loop ends when this is dropped.
pub struct KeyLoop(rt::task::JoinHandle<()>);

const PAUSE: Duration = Duration::from_secs(1);
/// A token with an unknown key id makes the loop look at once, but not more often than this.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

impl KeyLoop {
    /// Starts the loop on this thread's runtime.
    pub fn spawn(keeper: Data<KeyKeeper>, verifiers: Data<VerifierRegister>) -> Self {
        Self(rt::spawn(keep(keeper, verifiers)))
    }
}

impl Drop for KeyLoop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn keep(keeper: Data<KeyKeeper>, verifiers: Data<VerifierRegister>) {
    let mut was_well = true;
    loop {
        sleep(SHORTEST_PAUSE).await;
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = keeper.own_keys().miss() => {}
        }
        let kept = keep_once(&keeper, &verifiers).await;
        match &kept {
            Err(error) if was_well => log::error!("the signing keys cannot be looked after: {error:?}"),
            Ok(()) if !was_well => log::info!("the signing keys can be looked after again"),
            _ => {}
        }
        was_well = kept.is_ok();
        keeper.own_keys().has_looked();
    }
}

async fn keep_once(keeper: &KeyKeeper, verifiers: &VerifierRegister) -> Result<(), KeyError> {
    keeper.reload().await?;
    verifiers.write(UnixTime::now()).await?;
    if let Some(rotated) = keeper.rotate_if_due(UnixTime::now()).await? {
        log::info!("rotation: {rotated:?}");
    }
    Ok(())
}
