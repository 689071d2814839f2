//! A cluster with the demo application.

use actix_web::rt::{self, task::JoinHandle};
use local_cluster::{Arguments, Cluster, all_ready};
use serde_json::{Value, json};
use service_kit::testing::Api;
use tempfile::TempDir;

/// An issuer, a replica and the demo application, stopped on drop.
pub struct DemoCluster {
    pub issuer: Api,
    pub demo: String,
    server: JoinHandle<()>,
    _folder: TempDir,
}

impl DemoCluster {
    /// Starts it on free ports and waits until users can log in to the application.
    pub async fn start() -> Self {
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
        let (issuer, replicas) = (Api::at(cluster.issuer()), cluster.replica_urls());
        let demo = cluster.demo_url().unwrap().to_owned();
        let server = rt::spawn(async { cluster.run().await.unwrap() });
        all_ready(&replicas).await;
        let application = Api::at(&*demo);
        // The application looks for its issuer when it starts.
        application.until("/login", 200).await;
        Self { issuer, demo, server, _folder: folder }
    }

    /// Registers another application.
    pub async fn register(&self, client: &Value) {
        let login = self.issuer.post("/login", &json!({ "username": "admin", "password": "admin123" })).await;
        let login = login.json();
        let created = self.issuer.post_as(login["access_token"].as_str().unwrap(), "/clients", client).await;
        assert_eq!(created.status, 201, "{}", created.body);
    }

    /// The URL by which that application sends its users to the login.
    pub fn authorize(&self, client: &str, redirect_uri: &str, others: &[(&str, &str)]) -> String {
        let request = [
            ("client_id", client),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        let url = format!("{}/authorize", self.issuer.url());
        reqwest::Url::parse_with_params(&url, request.iter().chain(others)).unwrap().into()
    }
}

impl Drop for DemoCluster {
    fn drop(&mut self) {
        self.server.abort();
    }
}
