//! The certificate that handshakes use, replaced when its files change.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::rt::task::spawn_blocking;
use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs::default_provider,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use shared::{UnixTime, tasks::SupervisedTask};
use time::format_description::well_known::Rfc3339;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use super::{
    certificate::{CertificateError, CertificateFiles},
    expiry::not_after,
};

/// TLS of a service. Connections keep the certificate with which they began.
#[derive(Clone, Debug)]
pub struct Tls(Arc<LiveCertificate>);

struct LiveCertificate {
    cert: PathBuf,
    key: PathBuf,
    current: ArcSwap<CertifiedKey>,
    /// What was read last, whether it could be used or not.
    seen: Mutex<Option<CertificateFiles>>,
}

/// How often the files are read.
const INTERVAL: Duration = Duration::from_secs(1);
/// A file system may be slow.
const MAX_SILENCE: Duration = Duration::from_secs(90);

impl Tls {
    pub(super) fn open(cert: PathBuf, key: PathBuf) -> Result<Self, CertificateError> {
        let files = CertificateFiles::read(&cert, &key)?;
        let certified = files.parse(&cert, &key)?;
        warn_if_expired(&certified, &cert, UnixTime::now());
        let current = ArcSwap::from_pointee(certified);
        Ok(Self(Arc::new(LiveCertificate { cert, key, current, seen: Mutex::new(Some(files)) })))
    }

    /// The last moment at which the certificate is valid, if it says so.
    pub fn not_after(&self) -> Option<UnixTime> {
        let expiry = not_after(self.0.current.load().cert.first()?)?;
        Some(UnixTime::from_seconds(expiry.unix_timestamp()))
    }

    /// Reads the files again every second, until the task is dropped. Files that cannot be used change nothing.
    pub fn watch(&self) -> SupervisedTask {
        let live = Arc::clone(&self.0);
        SupervisedTask::spawn("tls certificate", MAX_SILENCE, move |heartbeat| {
            let live = Arc::clone(&live);
            async move {
                loop {
                    heartbeat.beat();
                    sleep(INTERVAL).await;
                    let reloaded = Arc::clone(&live);
                    // Only a panic, which the log has, is an error.
                    let _ = spawn_blocking(move || reloaded.reload(UnixTime::now())).await;
                }
            }
        })
    }

    /// TLS 1.2 and 1.3 with HTTP/1.1.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.0) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl LiveCertificate {
    fn reload(&self, now: UnixTime) {
        let files = CertificateFiles::read(&self.cert, &self.key);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if files.as_ref().ok() == seen.as_ref() {
            return;
        }
        let parsed = files
            .as_ref()
            .map_err(ToString::to_string)
            .and_then(|files| files.parse(&self.cert, &self.key).map_err(|error| error.to_string()));
        match parsed {
            Ok(certified) => {
                log::info!("new TLS certificate in {}", self.cert.display());
                warn_if_expired(&certified, &self.cert, now);
                self.current.store(Arc::new(certified));
            }
            Err(error) => log::error!("the TLS certificate is not replaced: {error}"),
        }
        *seen = files.ok();
    }
}

impl ResolvesServerCert for LiveCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl std::fmt::Debug for LiveCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveCertificate").field("cert", &self.cert).finish_non_exhaustive()
    }
}

fn warn_if_expired(certified: &CertifiedKey, path: &Path, now: UnixTime) {
    let expiry = certified.cert.first().and_then(|certificate| not_after(certificate));
    let expired = expiry.filter(|expiry| expiry.unix_timestamp() < now.seconds());
    if let Some(date) = expired.and_then(|expiry| expiry.format(&Rfc3339).ok()) {
        log::warn!("the TLS certificate in {} expired at {date}", path.display());
    }
}
