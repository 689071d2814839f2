//! TLS: the program with a certificate.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    time::Duration,
};

use actix_web::rt::task::spawn_blocking;
use service_kit::testing::{
    Api, Program,
    certificates::{ENCRYPTED_KEY, EXPIRED, FIRST, SECOND, TestCertificate},
    eventually,
};
use shared::testing::PUBLIC_KEY_PEM;
use tempfile::TempDir;

const PATH: &str = env!("CARGO_BIN_EXE_resource-service");

/// A certificate and its key in files.
struct Files {
    cert: PathBuf,
    key: PathBuf,
    _folder: TempDir,
}

#[actix_web::test]
async fn with_a_certificate_it_speaks_tls_only() {
    let files = Files::with(FIRST);
    let mut program = files.start(&[]);
    let api = https(&mut program);

    let response = api.until("/health/live", 200).await;
    let plain = plain_request(&api).await;

    assert_eq!(response.header("strict-transport-security"), Some("max-age=31536000"));
    response.assert_browser_rules();
    assert!(!plain.starts_with("HTTP/"), "{plain}");
    assert_eq!(api.get("/health/live").await.status, 200);
}

#[actix_web::test]
async fn the_health_check_speaks_tls_too() {
    let files = Files::with(FIRST);
    let mut program = files.start(&[]);
    let api = https(&mut program);
    api.until("/health/live", 200).await;

    let address = api.url().trim_start_matches("https://");
    let (cert, key) = files.paths();
    let variables = [("RESOURCE__LISTEN", address), ("RESOURCE__TLS__CERT", cert), ("RESOURCE__TLS__KEY", key)];
    let ended = Program::start(PATH, &["healthcheck", "--live"], &variables).end();

    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[actix_web::test]
async fn a_renewed_certificate_is_used_and_open_connections_stay() {
    let files = Files::with(FIRST);
    let mut program = files.start(&[]);
    let old = https(&mut program);
    let url = old.url().to_owned();
    assert_eq!(old.certificate().await, FIRST.der());

    files.write(SECOND);

    eventually(async || (Api::at(&url).certificate().await == SECOND.der()).then_some(())).await;
    assert_eq!(old.certificate().await, FIRST.der());
}

#[actix_web::test]
async fn a_broken_renewal_keeps_the_certificate_until_it_is_complete() {
    let files = Files::with(FIRST);
    let mut program = files.start(&[]);
    let url = https(&mut program).url().to_owned();

    fs::write(&files.cert, SECOND.cert).unwrap();
    program.lines_up_to("the TLS certificate is not replaced: the private key in ");
    let kept = Api::at(&url).certificate().await;
    fs::write(&files.key, SECOND.key).unwrap();

    assert_eq!(kept, FIRST.der());
    program.lines_up_to("new TLS certificate in ");
    assert_eq!(Api::at(&url).certificate().await, SECOND.der());
}

#[test]
fn an_unusable_certificate_is_reported_by_name() {
    let mismatch = TestCertificate { cert: FIRST.cert, key: SECOND.key };
    let encrypted = TestCertificate { cert: FIRST.cert, key: ENCRYPTED_KEY };
    for (files, setting) in [
        (mismatch, "RESOURCE__TLS__KEY"),
        (encrypted, "RESOURCE__TLS__KEY"),
        (TestCertificate { cert: FIRST.cert, key: "" }, "RESOURCE__TLS__KEY"),
        (TestCertificate { cert: FIRST.cert, key: FIRST.cert }, "RESOURCE__TLS__KEY"),
        (TestCertificate { cert: "", key: FIRST.key }, "RESOURCE__TLS__CERT"),
        (TestCertificate { cert: FIRST.key, key: FIRST.key }, "RESOURCE__TLS__CERT"),
    ] {
        let ended = Files::with(files).start(&[]).end();

        assert_eq!(ended.code, Some(2), "{files:?}: {ended:?}");
        assert!(ended.errors.contains(&format!("error: {setting}: ")), "{files:?}: {ended:?}");
        assert!(!ended.errors.contains("MIG"), "{ended:?}");
    }
}

#[test]
fn a_missing_file_or_setting_is_reported_by_name() {
    let files = Files::with(FIRST);
    let (cert, key) = files.paths();
    for (variables, setting) in [
        ([("RESOURCE__TLS__CERT", "/nowhere/cert.pem"), ("RESOURCE__TLS__KEY", key)], "RESOURCE__TLS__CERT"),
        ([("RESOURCE__TLS__CERT", cert), ("RESOURCE__TLS__KEY", "/nowhere/key.pem")], "RESOURCE__TLS__KEY"),
        ([("RESOURCE__TLS__CERT", cert), ("RESOURCE__TLS__KEY", "")], "RESOURCE__TLS__KEY"),
        ([("RESOURCE__TLS__CERT", ""), ("RESOURCE__TLS__KEY", key)], "RESOURCE__TLS__CERT"),
    ] {
        // The default address may be in use.
        let variables = [&variables[..], &[("RESOURCE__LISTEN", "127.0.0.1:0")]].concat();
        let ended = Program::start(PATH, &[], &variables).end();

        assert_eq!(ended.code, Some(2), "{variables:?}: {ended:?}");
        assert!(ended.errors.contains(&format!("error: {setting}: ")), "{variables:?}: {ended:?}");
    }
}

#[test]
fn an_expired_certificate_is_reported_in_the_log() {
    let files = Files::with(EXPIRED);
    let mut program = files.start(&[]);

    program.lines_up_to("expired at 2025-01-02T00:00:00Z");
    program.url();
}

#[actix_web::test]
async fn a_handshake_has_a_time_limit() {
    let files = Files::with(FIRST);
    let mut program = files.start(&[("RESOURCE__CONNECTIONS__HEADERS_SECS", "1")]);
    let api = https(&mut program);
    api.until("/health/live", 200).await;

    let mut silent = TcpStream::connect(api.url().trim_start_matches("https://")).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let read = spawn_blocking(move || silent.read(&mut [0; 1])).await.unwrap();

    assert_eq!(read.unwrap(), 0);
    let sample = "http_connections_closed_total{reason=\"tls_handshake\"} 1";
    api.until_matching("/metrics", |metrics| metrics.body.contains(sample)).await;
}

impl Files {
    fn with(certificate: TestCertificate) -> Self {
        let folder = TempDir::new().unwrap();
        let files = Self { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem"), _folder: folder };
        files.write(certificate);
        files
    }

    fn write(&self, certificate: TestCertificate) {
        fs::write(&self.cert, certificate.cert).unwrap();
        fs::write(&self.key, certificate.key).unwrap();
    }

    fn paths(&self) -> (&str, &str) {
        (self.cert.to_str().unwrap(), self.key.to_str().unwrap())
    }

    /// The program with this certificate, on any port.
    fn start(&self, more: &[(&str, &str)]) -> Program {
        let (cert, key) = self.paths();
        let mut variables = vec![
            ("RESOURCE__LISTEN", "127.0.0.1:0"),
            ("RESOURCE__PUBLIC_KEY", PUBLIC_KEY_PEM),
            ("RESOURCE__TLS__CERT", cert),
            ("RESOURCE__TLS__KEY", key),
        ];
        variables.extend(more);
        Program::start(PATH, &[], &variables)
    }
}

fn https(program: &mut Program) -> Api {
    Api::at(program.url().replace("http://", "https://"))
}

/// What the service sends to a client that does not use TLS.
async fn plain_request(api: &Api) -> String {
    let mut stream = TcpStream::connect(api.url().trim_start_matches("https://")).unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let read = move || {
        let mut answer = Vec::new();
        // An error is a connection that was reset.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    spawn_blocking(read).await.unwrap()
}
