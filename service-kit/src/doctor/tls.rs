//! The certificate of the service.

use shared::UnixTime;

use super::{check::Check, file_access::is_secret_of_all};
use crate::{settings::SettingsSpec, tls::TlsConfig};

/// In days. Automatic renewal has failed several times by then.
const SHORTLY: i64 = 14;
const DAY: i64 = 24 * 60 * 60;

/// Whether its files can be used, it is valid for some time, and its key is private.
pub fn check_tls(spec: &SettingsSpec, tls: &TlsConfig, now: UnixTime) -> Check {
    const NAME: &str = "tls";
    let opened = match spec.tls(tls) {
        Ok(Some(opened)) => opened,
        Ok(None) => return Check::ok(NAME, "none: plain HTTP, for a proxy that terminates TLS"),
        Err(error) => return Check::refused(NAME, &error),
    };
    let left = opened.not_after().map(|at| (at.seconds() - now.seconds()).div_euclid(DAY));
    let renew = "Renew it: the service reads the files again within a second.";
    match (left, &tls.key) {
        (Some(days), _) if days < 0 => Check::error(NAME, format!("the certificate expired {} days ago", -days), renew),
        (Some(days), _) if days < SHORTLY => {
            Check::warning(NAME, format!("the certificate expires in {days} days"), renew)
        }
        (_, Some(key)) if is_secret_of_all(key) => {
            let shown = key.display();
            Check::warning(NAME, format!("other users can access the key in {shown}"), format!("chmod 600 '{shown}'"))
        }
        (Some(days), _) => Check::ok(NAME, format!("the certificate is valid for {days} days")),
        (None, _) => Check::ok(NAME, "the certificate does not say when it expires"),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use tempfile::TempDir;

    use super::*;
    use crate::{doctor::Status, testing::certificates::FIRST};

    const SPEC: SettingsSpec = SettingsSpec {
        prefix: "AUTH",
        file_variable: "AUTH_CONFIG",
        aliases: &[],
        secrets: &[],
        optional_numbers: &[],
    };

    #[test]
    fn a_certificate_that_expires_soon_is_a_warning_and_one_that_has_expired_an_error() {
        let folder = TempDir::new().unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        fs::write(&cert, FIRST.cert).unwrap();
        fs::write(&key, FIRST.key).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let tls = TlsConfig { cert: Some(cert), key: Some(key) };
        let expiry = SPEC.tls(&tls).unwrap().unwrap().not_after().unwrap();

        for (days_before, expected) in
            [(30, Status::Ok), (14, Status::Ok), (13, Status::Warning), (0, Status::Warning), (-1, Status::Error)]
        {
            let now = UnixTime::from_seconds(expiry.seconds() - days_before * DAY);

            assert_eq!(check_tls(&SPEC, &tls, now).status, expected, "{days_before} days before");
        }
    }
}
