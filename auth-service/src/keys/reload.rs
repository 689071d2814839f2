//! The reload loop of the signing keys.

use std::{error::Error, sync::Arc, time::Duration};

use shared::{UnixTime, tasks::Heartbeat};

use super::key_keeper::KeyKeeper;
use crate::{reload_loop::Reload, verifiers::register::VerifierRegister};

/// Loads key changes of other nodes, records which verifiers have fetched the key set, and publishes the next key when it
/// is due.
pub struct KeyReload {
    /// The keys.
    pub keys: Arc<KeyKeeper>,
    /// The verifiers.
    pub verifiers: Arc<VerifierRegister>,
}

impl Reload for KeyReload {
    const NAME: &'static str = "signing-keys";
    const WHAT: &'static str = "signing keys";
    const INTERVAL: Duration = Duration::from_secs(1);

    async fn missed(&self) {
        self.keys.own_keys().next_miss().await;
    }

    async fn reload(&self, heartbeat: &Heartbeat) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.keys.reload().await?;
        heartbeat.beat();
        self.verifiers.write(UnixTime::now()).await?;
        heartbeat.beat();
        if let Some(rotated) = self.keys.rotate_if_due(UnixTime::now()).await? {
            log::info!("signing key rotation: {rotated}");
        }
        Ok(())
    }

    fn notify_reloaded(&self) {
        self.keys.own_keys().notify_refreshed();
    }
}
