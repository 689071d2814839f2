//! Wires the cluster.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use futures_util::future::{try_join, try_join_all};
use service_kit::{Instance, List, StartError, bind, environment, init_log};
use shared::Secret;
use tokio::time::sleep;

use crate::arguments::Arguments;

/// An auth-service and its replicas, wired and bound.
pub struct Cluster {
    auth: auth_service::App,
    replicas: Vec<resource_service::App>,
    /// URL of auth-service, as in the claim `iss`.
    issuer: String,
}

impl Cluster {
    /// Binds the ports and wires the services.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid option or setting.
    pub async fn build(arguments: &Arguments) -> Result<Self, StartError> {
        let auth_listener = listen(arguments.auth_port, "--auth-port (LOCAL_CLUSTER_AUTH_PORT)")?;
        let resource_listeners = (0..arguments.replicas)
            .map(|number| listen(replica_port(arguments, number)?, "--resource-port (LOCAL_CLUSTER_RESOURCE_PORT)"))
            .collect::<Result<Vec<_>, _>>()?;
        let issuer = format!("http://localhost:{}", port_of(&auth_listener)?);
        let config = auth_config(arguments, &issuer)?;
        // One process has one log: that of auth-service's settings.
        init_log(&config.log, "warn");
        let auth = auth_service::App::build_on(auth_listener, config).await?;
        let replicas = (1..)
            .zip(resource_listeners)
            .map(|(number, listener)| resource_service::App::build_on(listener, resource_config(number, &issuer)?))
            .collect::<Result<_, _>>()?;
        Ok(Self { auth, replicas, issuer })
    }

    /// URL of auth-service, the issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// URLs of the replicas.
    pub fn replica_urls(&self) -> Vec<String> {
        self.replicas.iter().map(resource_service::App::url).collect()
    }

    /// Serves until SIGTERM or Ctrl-C.
    ///
    /// # Errors
    /// If a listener fails.
    pub async fn run(self) -> io::Result<()> {
        let replicas = self.replicas.into_iter().map(resource_service::App::run);
        try_join(self.auth.run(), try_join_all(replicas)).await.map(drop)
    }
}

/// Resolves when every replica is ready.
pub async fn all_ready(urls: &[String]) {
    const PAUSE: Duration = Duration::from_millis(20);
    let Ok(client) = reqwest::Client::builder().tls_certs_only([]).no_proxy().build() else { return };
    for url in urls {
        let ready = format!("{url}/health/ready");
        while !client.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
            sleep(PAUSE).await;
        }
    }
}

fn auth_config(arguments: &Arguments, issuer: &str) -> Result<auth_service::Config, StartError> {
    let samples = [("AUTH__SAMPLE_USERS".to_owned(), "true".to_owned())];
    let mut config = auth_service::Config::from_environment(samples.into_iter().chain(environment()))?;
    let sqlite = || format!("sqlite://{}", arguments.data_dir.join("auth.db").display());
    issuer.clone_into(&mut config.issuer);
    config.database.url = Secret::new(arguments.database_url.clone().unwrap_or_else(sqlite));
    config.instance = Instance::from("auth-1".to_owned());
    Ok(config)
}

fn resource_config(number: usize, issuer: &str) -> Result<resource_service::Config, StartError> {
    let mut config = resource_service::Config::from_environment(environment())?;
    config.issuer = List::from(issuer.to_owned());
    config.instance = Instance::from(format!("resource-{number}"));
    config.workers = config.workers.or(Some(1));
    Ok(config)
}

fn listen(port: u16, option: &str) -> Result<TcpListener, StartError> {
    bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), option)
}

fn replica_port(arguments: &Arguments, number: u16) -> Result<u16, StartError> {
    if arguments.resource_port == 0 {
        return Ok(0);
    }
    arguments.resource_port.checked_add(number).ok_or_else(|| {
        let problem = "too high for this many replicas";
        StartError::new("--resource-port (LOCAL_CLUSTER_RESOURCE_PORT)", problem, "Set a lower port.")
    })
}

fn port_of(listener: &TcpListener) -> Result<u16, StartError> {
    listener.local_addr().map(|address| address.port()).map_err(|error| {
        StartError::new("--auth-port (LOCAL_CLUSTER_AUTH_PORT)", error.to_string(), "Set another port.")
    })
}
