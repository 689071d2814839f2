//! What the log says about an issuer that cannot be reached.

use std::{fs, net::TcpListener, path::Path};

use service_kit::testing::{
    Program,
    certificates::{AUTHORITY, EXPIRED, FIRST, TestCertificate},
};
use shared::testing::PUBLIC_KEY_PEM;
use tempfile::TempDir;

const PATH: &str = env!("CARGO_BIN_EXE_resource-service");
const ANY_PORT: (&str, &str) = ("RESOURCE__LISTEN", "127.0.0.1:0");

#[test]
fn the_log_says_why_there_is_no_connection() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();

    assert_eq!(cause(&format!("http://{free}"), None), "connection refused");
    assert_eq!(cause("https://nowhere.invalid", None), "name not found");
}

#[test]
fn the_log_says_if_only_one_side_speaks_tls() {
    let folder = TempDir::new().unwrap();
    let (mut plain, mut tls) = (server(&folder, None), server(&folder, Some(FIRST)));

    assert_eq!(cause(&plain.url().replace("http://0.0.0.0", "https://127.0.0.1"), Some(AUTHORITY)), "not a TLS server");
    assert_eq!(
        cause(&tls.url().replace("0.0.0.0", "127.0.0.1"), None),
        "not an HTTP server; if it requires TLS, use https"
    );
}

#[test]
fn the_log_says_what_is_wrong_with_a_certificate() {
    let folder = TempDir::new().unwrap();
    let mut good = server(&folder, Some(FIRST));
    let good = good.url().replace("http://0.0.0.0", "https://127.0.0.1");

    assert_eq!(cause(&good, Some(FIRST.cert)), "certificate signed by an unknown authority");
    assert_eq!(cause(&good.replace("127.0.0.1", "127.0.0.2"), Some(AUTHORITY)), "certificate of another name");
    let mut expired = server(&folder, Some(EXPIRED));
    let expired = expired.url().replace("http://0.0.0.0", "https://127.0.0.1");
    assert_eq!(cause(&expired, Some(AUTHORITY)), "certificate expired");
}

#[test]
fn an_issuer_with_a_certificate_of_a_private_authority_can_be_trusted() {
    let folder = TempDir::new().unwrap();
    let mut issuer = server(&folder, Some(FIRST));
    let url = issuer.url().replace("http://0.0.0.0", "https://127.0.0.1");

    let mut replica = replica(&folder, &url, Some(AUTHORITY));

    // It is no issuer, but it has answered.
    let answered = format!("{url}/.well-known/oauth-authorization-server responded with status 404");
    replica.lines_up_to(&answered);
}

#[test]
fn an_authority_without_a_certificate_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();

    for file in [&*empty, Path::new("/nowhere/ca.pem")] {
        let variables = [ANY_PORT, ("RESOURCE__ISSUER_CA", file.to_str().unwrap())];
        let ended = Program::start(PATH, &[], &variables).end();

        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.errors.contains("error: RESOURCE__ISSUER_CA: "), "{ended:?}");
    }
}

/// What the log of a replica says about fetching from this URL.
fn cause(url: &str, authority: Option<&str>) -> String {
    let folder = TempDir::new().unwrap();
    let phrase = format!("no response from {url}/.well-known/oauth-authorization-server: ");
    let lines = replica(&folder, url, authority).lines_up_to(&phrase);
    lines.rsplit_once(&phrase).unwrap().1.trim_end().to_owned()
}

fn replica(folder: &TempDir, url: &str, authority: Option<&str>) -> Program {
    let file = folder.path().join("ca.pem");
    let mut variables = vec![ANY_PORT, ("RESOURCE__FETCH_FROM", url), ("RESOURCE__ALLOW_HTTP", "true")];
    if let Some(pem) = authority {
        fs::write(&file, pem).unwrap();
        variables.push(("RESOURCE__ISSUER_CA", file.to_str().unwrap()));
    }
    Program::start(PATH, &[], &variables)
}

/// Any HTTP server, on all addresses of this machine.
fn server(folder: &TempDir, certificate: Option<TestCertificate>) -> Program {
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let mut variables = vec![("RESOURCE__LISTEN", "0.0.0.0:0"), ("RESOURCE__PUBLIC_KEY", PUBLIC_KEY_PEM)];
    if let Some(certificate) = certificate {
        fs::write(&cert, certificate.cert).unwrap();
        fs::write(&key, certificate.key).unwrap();
        variables.push(("RESOURCE__TLS__CERT", cert.to_str().unwrap()));
        variables.push(("RESOURCE__TLS__KEY", key.to_str().unwrap()));
    }
    Program::start(PATH, &[], &variables)
}
