//! TLS: the certificate of a service, reloaded when it is renewed.

mod certificate;
mod expiry;
mod live_certificate;
mod probe;
mod settings;
mod transport;

pub use live_certificate::Tls;
pub(crate) use probe::probe;
pub use settings::TlsConfig;
pub(crate) use transport::Transport;
