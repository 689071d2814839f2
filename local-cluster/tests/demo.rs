//! The demo application: a user logs in at auth-service, and the application calls a replica.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

#[path = "support/user_agent.rs"]
mod user_agent;

use actix_web::rt;
use local_cluster::{Arguments, Cluster, all_ready};
use reqwest::Method;
use service_kit::testing::{Api, eventually};
use tempfile::TempDir;

use crate::user_agent::UserAgent;

#[actix_web::test]
async fn a_user_logs_in_to_the_demo_application_and_out_of_it() {
    let folder = TempDir::new().unwrap();
    let arguments = Arguments {
        auth_port: 0,
        resource_port: 0,
        replicas: 1,
        demo_port: 0,
        no_demo: false,
        data_dir: folder.path().to_owned(),
        database_url: None,
    };
    let cluster = Cluster::build(&arguments).await.unwrap();
    let (demo, replicas) = (cluster.demo_url().unwrap().to_owned(), cluster.replica_urls());
    let server = rt::spawn(async { cluster.run().await.unwrap() });
    all_ready(&replicas).await;
    let mut browser = UserAgent::new();
    let front = Api::at(&*demo).get("/").await;
    // The application looks for its issuer when it starts.
    let login = eventually(async || {
        let page = UserAgent::new().get(&format!("{demo}/login")).await;
        (page.status == 200).then_some(())
    });
    login.await;

    let login = browser.get(&format!("{demo}/account")).await;
    let consent = browser.submit(&login, &[("username", "user_01"), ("password", "1234")]).await;
    let account = browser.submit(&consent, &[("decision", "allow")]).await;
    let logged_out = browser.send(Method::POST, &format!("{demo}/logout"), &[]).await;
    let again = browser.get(&format!("{demo}/account")).await;

    assert_eq!(front.status, 200);
    assert!(front.body.contains("href=\"/login\""), "{front:?}");
    front.assert_browser_rules();
    assert_eq!((account.status, account.url.path()), (200, "/account"), "{}", account.text);
    assert!(account.text.contains("Hello user_01"), "{}", account.text);
    assert!(account.text.contains("Welcome to your dashboard!"), "{}", account.text);
    assert!(!account.text.contains("eyJ"), "no token reaches the browser");
    assert_eq!(logged_out.status, 200, "{}", logged_out.text);
    assert!(again.text.contains("name=\"password\""), "{}", again.text);
    server.abort();
}
