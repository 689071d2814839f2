//! A test's own cluster.

use std::path::PathBuf;

use actix_web::rt::{self, task::JoinHandle};
use local_cluster::{Arguments, Cluster, all_ready};
use service_kit::testing::Api;
use tempfile::TempDir;

/// One auth-service with the tutorial's users and three replicas, stopped on drop.
pub struct RunningCluster {
    pub auth: Api,
    pub replicas: Vec<Api>,
    server: JoinHandle<()>,
    _folder: TempDir,
}

impl RunningCluster {
    /// Starts it on free ports and waits until every replica has the keys.
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let data_dir = PathBuf::from(folder.path());
        let arguments = Arguments {
            auth_port: 0,
            resource_port: 0,
            replicas: 3,
            demo_port: 0,
            no_demo: true,
            data_dir,
            database_url: None,
        };
        let cluster = Cluster::build(&arguments).await.unwrap();
        let (auth, urls) = (Api::at(cluster.issuer()), cluster.replica_urls());
        let server = rt::spawn(async { cluster.run().await.unwrap() });
        all_ready(&urls).await;
        Self { auth, replicas: urls.into_iter().map(Api::at).collect(), server, _folder: folder }
    }
}

impl Drop for RunningCluster {
    fn drop(&mut self) {
        self.server.abort();
    }
}
