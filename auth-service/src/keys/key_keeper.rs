//! The current signing keys of this node.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use service_kit::StartError;
use shared::{Secret, UnixTime, keys::JwksCache};
use tokio::sync::Mutex;

use super::{
    error::KeyError,
    key_ring::KeyRing,
    key_safe::KeySafe,
    managed_keys::ManagedKeys,
    open_error::OpenError,
    private_key_pem::pkcs8_from_pem,
    rotation::{Rotated, Withdrawn},
    shared_secret::open_or_make,
    signing_key::{KeyGenerationError, SigningKey, generate},
};
use crate::{
    authority::authority::Authority,
    config::{Config, KeyConfig, SETTINGS},
    db::Db,
};

/// The current signing keys of this node: requests read them without a lock, one loop loads them from the database.
pub struct KeyKeeper {
    ring: ArcSwap<KeyRing>,
    /// Held from reading the keys until the ring is in place, so that an older reading never replaces a newer one.
    reloading: Mutex<()>,
    /// The public halves, for this node's own verifier.
    own: Arc<JwksCache>,
    /// None where the one key is from the settings.
    managed: Option<ManagedKeys>,
}

impl KeyKeeper {
    /// The key from the settings, or those of the database, where the first node to start generates one.
    ///
    /// # Errors
    /// [`StartError`] if a key cannot be read, generated or decrypted.
    pub async fn open(db: &Db, safe: &Arc<KeySafe>, config: &Config) -> Result<Self, StartError> {
        if let Some(key) = key_of_settings(&config.keys)? {
            let given = config.keys.companions.as_ref();
            let companion = |name, given| companion_of_settings(db, safe, config, name, given);
            let lists = companion("status-list-key", given.map(|given| &given.status_lists))?;
            let id_tokens = companion("id-token-key", given.map(|given| &given.id_tokens))?;
            let ring = KeyRing::of_one(key, lists, id_tokens);
            return Ok(Self::of(ring, None));
        }
        let managed = ManagedKeys::new(db.clone(), Arc::clone(safe), config);
        Ok(Self::of(managed.open().await?, Some(managed)))
    }

    fn of(ring: KeyRing, managed: Option<ManagedKeys>) -> Self {
        let own = Arc::new(JwksCache::refreshed(Duration::MAX));
        let keeper = Self { ring: ArcSwap::from_pointee(ring), reloading: Mutex::default(), own, managed };
        keeper.update_own_verifier(UnixTime::now());
        keeper
    }

    /// The current ring.
    pub fn ring(&self) -> Arc<KeyRing> {
        self.ring.load_full()
    }

    /// What this node's own verifier reads.
    pub fn own_keys(&self) -> &Arc<JwksCache> {
        &self.own
    }

    /// Loads changes of other nodes.
    ///
    /// # Errors
    /// [`KeyError`] if the keys cannot be read; the ring stays as it was.
    pub async fn reload(&self) -> Result<(), KeyError> {
        let _turn = self.reloading.lock().await;
        if let Some(managed) = &self.managed {
            self.ring.store(Arc::new(managed.complete_ring(&self.ring()).await?));
        }
        self.update_own_verifier(UnixTime::now());
        Ok(())
    }

    /// Publishes a next key if it is due, unless another node does.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn rotate_if_due(&self, now: UnixTime) -> Result<Option<Rotated>, KeyError> {
        let due = self.managed.as_ref().filter(|managed| managed.is_rotation_due(&self.ring(), now));
        let Some(managed) = due else { return Ok(None) };
        let rotated = managed.rotate_if_due(now).await?;
        self.reload().await?;
        Ok(rotated)
    }

    /// See [`ManagedKeys::rotate`]; takes effect on this node immediately.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn rotate(&self, force: bool, by: Authority, now: UnixTime) -> Result<Rotated, KeyError> {
        let rotated = self.managed()?.rotate(force, by, now).await?;
        log::info!("signing key rotation: {rotated}");
        self.reload().await?;
        Ok(rotated)
    }

    /// See [`ManagedKeys::withdraw`]; takes effect on this node immediately.
    ///
    /// # Errors
    /// [`KeyError`]; the keys are then as before.
    pub async fn withdraw(&self, kid: String, by: Authority, now: UnixTime) -> Result<Withdrawn, KeyError> {
        let withdrawn = self.managed()?.withdraw(kid, by, now).await?;
        self.reload().await?;
        Ok(withdrawn)
    }

    fn managed(&self) -> Result<&ManagedKeys, KeyError> {
        self.managed.as_ref().ok_or(KeyError::FromSettings)
    }

    fn update_own_verifier(&self, now: UnixTime) {
        match self.ring().key_set(now) {
            Ok(keys) => self.own.replace(keys, now),
            Err(error) => log::error!("the local key set is invalid: {error}"),
        }
    }
}

/// The key from the settings, if there is one.
///
/// # Errors
/// [`StartError`] if it cannot sign.
pub fn key_of_settings(config: &KeyConfig) -> Result<Option<SigningKey>, StartError> {
    let Some(pem) = &config.private_key else { return Ok(None) };
    SigningKey::from_pem(pem.expose()).map(Some).map_err(|error| {
        let setting = SETTINGS.variable("keys.private_key");
        let remedy =
            format!("Set it to a key such as `openssl genrsa 2048` generates, or {setting}_FILE to a file with it.");
        StartError::new(setting, error.to_string(), remedy)
    })
}

/// A key that signs other documents beside the one from the settings. The first node makes it, and it stays.
fn companion_of_settings(
    db: &Db,
    safe: &KeySafe,
    config: &Config,
    name: &str,
    given: Option<&Secret>,
) -> Result<SigningKey, StartError> {
    let make = || match given {
        Some(pem) => pkcs8_from_pem(pem.expose()).map_err(|_| KeyGenerationError),
        None => generate(config.keys.bits),
    };
    let private_key = open_or_make(db, safe, name, make)?;
    let key = SigningKey::from_pkcs8(&private_key).map_err(|error| OpenError::Invalid(name.to_owned(), error));
    Ok(key.map_err(KeyError::from)?)
}
