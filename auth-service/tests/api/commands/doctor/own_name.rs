//! What `doctor` finds at the service's own name.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use actix_web::rt::{self, task::spawn_blocking};
use auth_service::{App, Config};
use serde_json::json;
use service_kit::testing::DoctorReport;
use shared::Secret;

use super::{RANDOM_KEY, sound_variables};
use crate::support::{Database, PROGRAM, config_with_own_keys};

/// Starts a service that is reached at its own name, and returns its address.
async fn serve(database: &Database, change: impl FnOnce(&mut Config)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut config = config_with_own_keys(database);
    config.listen = address;
    config.master_key = Some(Secret::new(RANDOM_KEY.to_owned()));
    config.issuer = format!("http://{address}");
    change(&mut config);
    let app = App::build_on(listener, config).await.unwrap();
    rt::spawn(async { app.run().await.unwrap() });
    address.to_string()
}

/// The report on a service with this name that listens at `listen`.
async fn report(database: &Database, name: &str, listen: &str) -> DoctorReport {
    report_behind("", database, name, listen).await
}

/// As [`report`], with these proxies in front of the service.
async fn report_behind(proxies: &'static str, database: &Database, name: &str, listen: &str) -> DoctorReport {
    let (database, name, listen) = (database.clone(), format!("http://{name}"), listen.to_owned());
    let run = move || {
        let of_test = [("AUTH__ISSUER", &*name), ("AUTH__LISTEN", &*listen), ("AUTH__TRUSTED_PROXIES", proxies)];
        DoctorReport::run(PROGRAM, &[&*sound_variables(&database), &of_test].concat())
    };
    spawn_blocking(run).await.unwrap()
}

#[actix_web::test]
async fn nothing_is_wrong_while_the_service_runs() {
    let database = Database::sqlite();
    let address = serve(&database, |_| ()).await;

    let report = report(&database, &address, &address).await;

    assert_eq!(report.planted(), [], "{report:?}");
    assert!(report.detail("listen").contains("responds") && report.detail("issuer").contains("responds"), "{report:?}");
    assert_eq!(report.status("audience"), "ok", "{report:?}");
}

#[actix_web::test]
async fn a_name_at_which_a_service_with_other_keys_responds_is_an_error() {
    let (database, other) = (Database::sqlite(), Database::sqlite());
    serve(&database, |_| ()).await;
    let address = serve(&other, |_| ()).await;

    let report = report(&database, &address, "127.0.0.1:0").await;

    assert_eq!(report.planted(), [("issuer", "error")], "{report:?}");
}

#[actix_web::test]
async fn a_name_at_which_another_service_responds_is_an_error() {
    let database = Database::sqlite();
    let address = serve(&database, |config| config.issuer = "https://other.example.com".into()).await;

    let report = report(&database, &address, "127.0.0.1:0").await;

    assert_eq!(report.planted(), [("issuer", "error")], "{report:?}");
}

#[actix_web::test]
async fn a_service_that_is_not_reached_at_its_name_is_a_warning() {
    let database = Database::sqlite();
    let address = serve(&database, |_| ()).await;

    let report = report(&database, "127.0.0.1:1", &address).await;

    assert_eq!(report.planted(), [("issuer", "warning")], "{report:?}");
}

/// As in a container network, from which the public name is not reached.
#[actix_web::test]
async fn a_service_behind_a_proxy_need_not_reach_its_name() {
    let database = Database::sqlite();
    let address = serve(&database, |_| ()).await;

    let report = report_behind("10.213.1.0/24", &database, "127.0.0.1:1", &address).await;

    assert_eq!(report.planted(), [], "{report:?}");
    assert!(report.detail("issuer").contains("not checked"), "{report:?}");
}

#[actix_web::test]
async fn a_name_at_which_the_keys_are_not_published_is_an_error() {
    let database = Database::sqlite();
    let address = metadata_without_keys();

    let report = report(&database, &address, "127.0.0.1:0").await;

    assert!(report.has("issuer", "error"), "{report:?}");
}

/// The address of a server that responds to each request with metadata, also where that says that the keys are.
fn metadata_without_keys() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let metadata = json!({ "issuer": format!("http://{address}"), "jwks_uri": format!("http://{address}/keys") });
    let body = metadata.to_string();
    let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    address.to_string()
}

#[actix_web::test]
async fn nodes_whose_tokens_have_another_audience_are_an_error() {
    let database = Database::sqlite();
    let address = serve(&database, |config| config.audience = "reports".into()).await;

    let report = report(&database, &address, &address).await;

    assert_eq!(report.planted(), [("audience", "error")], "{report:?}");
}
