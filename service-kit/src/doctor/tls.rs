//! The certificate of the service.

use shared::UnixTime;

use super::{check::Check, file_access::is_secret_of_all};
use crate::{settings::SettingsSpec, tls::TlsConfig};

/// In days. Automatic renewal has failed several times by then.
const SHORTLY: i64 = 14;
const DAY: i64 = 24 * 60 * 60;

const NAME: &str = "tls";

/// Whether its files can be used, it is valid for some time, and its key is private.
pub(super) fn check_tls(spec: &SettingsSpec, tls: &TlsConfig, now: UnixTime) -> Vec<Check> {
    let opened = match spec.tls(tls) {
        Ok(Some(opened)) => opened,
        Ok(None) => return vec![Check::ok(NAME, "none: plain HTTP, for a proxy that terminates TLS")],
        Err(error) => return vec![Check::refused(NAME, &error)],
    };
    let mut checks = vec![check_expiry(opened.not_after(), now)];
    checks.extend(tls.key.as_deref().filter(|key| is_secret_of_all(key)).map(|key| {
        let shown = key.display();
        Check::warning(NAME, format!("other users can access the key in {shown}"), format!("chmod 600 '{shown}'"))
    }));
    checks
}

fn check_expiry(not_after: Option<UnixTime>, now: UnixTime) -> Check {
    let renew = "Renew it: the service reads the files again within a second.";
    match not_after.map(|at| (at.seconds() - now.seconds()).div_euclid(DAY)) {
        Some(days) if days < 0 => Check::error(NAME, format!("the certificate expired {} days ago", -days), renew),
        Some(days) if days < SHORTLY => Check::warning(NAME, format!("the certificate expires in {days} days"), renew),
        Some(days) => Check::ok(NAME, format!("the certificate is valid for {days} days")),
        None => Check::ok(NAME, "the certificate does not say when it expires"),
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

            let checks = check_tls(&SPEC, &tls, now);

            assert_eq!((checks.len(), checks[0].status), (1, expected), "{days_before} days before");
        }
    }

    #[test]
    fn an_open_key_is_reported_beside_a_certificate_that_expires_soon() {
        let folder = TempDir::new().unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        fs::write(&cert, FIRST.cert).unwrap();
        fs::write(&key, FIRST.key).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let tls = TlsConfig { cert: Some(cert), key: Some(key) };
        let expiry = SPEC.tls(&tls).unwrap().unwrap().not_after().unwrap();

        let checks = check_tls(&SPEC, &tls, UnixTime::from_seconds(expiry.seconds() - DAY));

        assert!(checks.iter().all(|check| check.status == Status::Warning), "{checks:?}");
        assert!(checks[0].detail.contains("expires") && checks[1].detail.contains("key"), "{checks:?}");
    }
}
