//! Interoperability with stock Python libraries: they accept our tokens and we accept theirs, both respond to the tutorial's
//! requests alike, and the services conform to their `OpenAPI` descriptions.
//!
//! `.ci/interop-venv` creates the Python environment; `INTEROP_PYTHON` names another one. Without either, the tests are skipped.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod support;

use actix_web::rt::{self, task::spawn_blocking};
use service_kit::testing::{Api, Ended, Program, interop_python};
use shared::testing::{PRIVATE_KEY_PEM, PUBLIC_KEY_PEM};
use support::RunningCluster;

#[actix_web::test]
async fn stock_python_accepts_our_tokens_and_we_accept_its_tokens() {
    let Some(python) = interop_python() else { return };
    let cluster = RunningCluster::start().await;
    let mut config = resource_service::Config { public_key: Some(PUBLIC_KEY_PEM.to_owned()), ..Default::default() };
    config.listen.set_port(0);
    let replica_with_pem = resource_service::App::build(config).unwrap();
    let with_pem = Api::at(replica_with_pem.url());
    let server = rt::spawn(async { replica_with_pem.run().await.unwrap() });
    with_pem.until("/health/ready", 200).await;
    let urls = [("ISSUER", cluster.auth.url()), ("WITH_PEM", with_pem.url()), ("PRIVATE_KEY", PRIVATE_KEY_PEM)];

    let ended = run(&python, "interop.py", &urls).await;

    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
    server.abort();
}

#[actix_web::test]
async fn the_tutorials_requests_get_the_same_responses_as_from_a_flask_app() {
    run_against_a_cluster("parity.py").await;
}

#[actix_web::test]
async fn every_response_matches_the_api_description() {
    run_against_a_cluster("described.py").await;
}

/// Runs a script with the URLs of an issuer and a replica; it must succeed.
async fn run_against_a_cluster(script: &str) {
    let Some(python) = interop_python() else { return };
    let cluster = RunningCluster::start().await;
    let urls = [("ISSUER", cluster.auth.url()), ("REPLICA", cluster.replicas.first().unwrap().url())];

    let ended = run(&python, script, &urls).await;

    assert_eq!(ended.code, Some(0), "{}{}", ended.output, ended.errors);
}

/// Waits in another thread, since this one runs the cluster's servers.
async fn run(python: &str, script: &str, environment: &[(&str, &str)]) -> Ended {
    let script = format!("{}/tests/python/{script}", env!("CARGO_MANIFEST_DIR"));
    let program = Program::start(python, &["-B", &script], environment);
    spawn_blocking(|| program.end()).await.unwrap()
}
