//! Why a request got no response, in words that say what to look at.

use std::{error::Error, io, iter::successors};

use rustls::{CertificateError, Error as TlsError};

/// The cause, without the layers of libraries around it.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let chain = || successors(error.source(), |error| (*error).source());
    if let Some(tls) = chain().find_map(tls_error) {
        return tls_cause(tls);
    }
    if error.is_timeout() {
        return if error.is_connect() { "connection timed out" } else { "timed out" }.to_owned();
    }
    // The only error of name resolution is one of the operating system, in its words.
    if chain().any(|error| error.to_string() == "dns error") {
        return "name not found".to_owned();
    }
    if let Some(cause) = chain().find_map(|error| error.downcast_ref::<io::Error>()).and_then(io_cause) {
        return cause.to_owned();
    }
    let innermost = chain().last().map_or_else(|| error.to_string(), ToString::to_string);
    match &*innermost {
        // What answers speaks another protocol, and may have closed the connection for that.
        text if text.starts_with("invalid HTTP") => "not an HTTP server; if it requires TLS, use https".to_owned(),
        text if text.starts_with("connection closed before") => "connection closed without a response".to_owned(),
        text => text.to_owned(),
    }
}

/// What an `io::Error` holds, which may be another one, is not its source.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(held) => tls_error(held),
        None => error.downcast_ref(),
    }
}

fn tls_cause(error: &TlsError) -> String {
    use CertificateError as Certificate;
    match error {
        TlsError::InvalidCertificate(Certificate::UnknownIssuer) => {
            "certificate signed by an unknown authority".to_owned()
        }
        TlsError::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            "certificate expired".to_owned()
        }
        TlsError::InvalidCertificate(Certificate::NotValidYet | Certificate::NotValidYetContext { .. }) => {
            "certificate not valid yet".to_owned()
        }
        TlsError::InvalidCertificate(Certificate::NotValidForName | Certificate::NotValidForNameContext { .. }) => {
            "certificate of another name".to_owned()
        }
        TlsError::InvalidMessage(_) => "not a TLS server".to_owned(),
        other => format!("TLS failed: {other}"),
    }
}

fn io_cause(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("connection refused"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Some("connection reset"),
        io::ErrorKind::UnexpectedEof => Some("connection closed without a response"),
        io::ErrorKind::HostUnreachable => Some("host unreachable"),
        io::ErrorKind::NetworkUnreachable => Some("network unreachable"),
        io::ErrorKind::TimedOut => Some("connection timed out"),
        _ => None,
    }
}
