//! Wires the cluster.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::dev::Server;
use futures_util::future::{LocalBoxFuture, try_join_all};
use service_kit::{Instance, List, Origin, StartError, bind, environment, init_log};
use shared::Secret;
use tokio::time::sleep;

use crate::{
    arguments::Arguments,
    control::Control,
    demo::{DEMO_CLIENT, Demo, registration},
    member::{Member, Service, Switch},
};

const AUTH_PORT: &str = "--auth-port (LOCAL_CLUSTER_AUTH_PORT)";
const DEMO_PORT: &str = "--demo-port (LOCAL_CLUSTER_DEMO_PORT)";
const RESOURCE_PORT: &str = "--resource-port (LOCAL_CLUSTER_RESOURCE_PORT)";

/// An auth-service and its replicas, wired and bound.
pub struct Cluster {
    members: Vec<Member>,
    /// For the playground.
    control: Option<Server>,
    demo: Option<Server>,
    /// URL of auth-service, as in the claim `iss`.
    issuer: String,
    replica_urls: Vec<String>,
    demo_url: Option<String>,
}

impl Cluster {
    /// Binds the ports and wires the services.
    ///
    /// # Errors
    /// [`StartError`] that names the invalid option or setting.
    pub async fn build(arguments: &Arguments) -> Result<Self, StartError> {
        let auth_listener = listen(arguments.auth_port, AUTH_PORT)?;
        let listeners = (0..arguments.replicas)
            .map(|number| listen(replica_port(arguments, number)?, RESOURCE_PORT))
            .collect::<Result<Vec<_>, _>>()?;
        let port = address_of(&auth_listener, AUTH_PORT)?.port();
        let issuer = format!("http://localhost:{port}");
        let mut auth = auth_config(arguments, &issuer)?;
        // One process has one log: that of auth-service's settings.
        init_log(&auth.log, "warn");
        let mut replicas = Vec::new();
        for (number, listener) in (1..).zip(listeners) {
            let mut config = resource_config(number, &issuer)?;
            config.listen = address_of(&listener, RESOURCE_PORT)?;
            if auth.playground {
                config.cors.origins = origins(port, &config.cors.origins);
            }
            replicas.push((listener, config));
        }
        let replica_urls: Vec<_> = replicas.iter().map(|(_, config)| url_of(config)).collect();
        let control = if auth.playground { Some(listen(0, "the playground")?) } else { None };
        if let Some(listener) = &control {
            auth.playground_replicas = List::from(replica_urls.join(","));
            auth.playground_control = Origin::parse(&format!("http://{}", address_of(listener, "the playground")?));
        }
        auth.listen = address_of(&auth_listener, AUTH_PORT)?;
        let (mut members, mut switches) = (Vec::new(), Vec::new());
        let demo = if arguments.no_demo { None } else { Some(listen(arguments.demo_port, DEMO_PORT)?) };
        let demo_url = demo.as_ref().map(demo_url).transpose()?;
        let (member, switch, secret) = auth_member(auth_listener, auth, demo_url.as_deref()).await?;
        members.push(member);
        switches.push(switch);
        for (listener, config) in replicas {
            let (member, switch) = replica_member(listener, config)?;
            members.push(member);
            switches.push(switch);
        }
        let allowed = origins(port, &List::default()).iter().filter_map(Origin::parse).collect();
        let serve = |listener| Control::new(switches).serve(listener, allowed);
        let control = control.map(serve).transpose().map_err(|error| {
            StartError::new("the playground", error.to_string(), "Set AUTH__PLAYGROUND=false to do without it.")
        })?;
        let serve = |(listener, url): (TcpListener, &String)| {
            let replica = replica_urls.first().cloned().unwrap_or_default();
            Demo { url: url.clone(), issuer: issuer.clone(), replica, secret }.serve(listener)
        };
        let demo = demo.zip(demo_url.as_ref()).map(serve).transpose()?;
        Ok(Self { members, control, demo, issuer, replica_urls, demo_url })
    }

    /// URL of auth-service, the issuer.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// URLs of the replicas.
    pub fn replica_urls(&self) -> Vec<String> {
        self.replica_urls.clone()
    }

    /// URL of the demo application, if it runs.
    pub fn demo_url(&self) -> Option<&str> {
        self.demo_url.as_deref()
    }

    /// Serves until SIGTERM or Ctrl-C.
    ///
    /// # Errors
    /// If a listener fails.
    pub async fn run(self) -> io::Result<()> {
        let members = try_join_all(self.members.into_iter().map(Member::run));
        let others = [self.control, self.demo].into_iter().flatten();
        if others.size_hint().1 == Some(0) {
            return members.await.map(drop);
        }
        tokio::select! {
            done = members => done.map(drop),
            failed = try_join_all(others) => failed.map(drop),
        }
    }
}

/// The issuer as a member. Its settings are kept, so that it can be started again. The demo application is registered, with a new
/// secret.
async fn auth_member(
    listener: TcpListener,
    config: auth_service::Config,
    demo_url: Option<&str>,
) -> Result<(Member, Switch, Option<Secret>), StartError> {
    let name = config.instance.as_str().to_owned();
    let app = auth_service::App::build_on(listener, config.clone()).await?;
    let rebuild = move || -> LocalBoxFuture<'static, _> {
        let config = config.clone();
        Box::pin(async move { auth_service::App::build(config).await.map(Service::from) })
    };
    let secret = match demo_url {
        Some(url) => app.register_client(DEMO_CLIENT, &registration(url)).await?,
        None => None,
    };
    let (member, switch) = Member::new(name, app.into(), Box::new(rebuild));
    Ok((member, switch, secret))
}

/// A replica as a member.
fn replica_member(listener: TcpListener, config: resource_service::Config) -> Result<(Member, Switch), StartError> {
    let name = config.instance.as_str().to_owned();
    let app = resource_service::App::build_on(listener, config.clone())?;
    let rebuild = move || -> LocalBoxFuture<'static, _> {
        let config = config.clone();
        Box::pin(async move { resource_service::App::build(config).map(Service::from) })
    };
    Ok(Member::new(name, app.into(), Box::new(rebuild)))
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
    // Applications on this machine are informed of logouts.
    let on = ["AUTH__SAMPLE_USERS", "AUTH__PLAYGROUND", "AUTH__BACKCHANNEL__PRIVATE_ADDRESSES"];
    let defaults = on.map(|name| (name.to_owned(), "true".to_owned()));
    let mut config = auth_service::Config::from_environment(defaults.into_iter().chain(environment()))?;
    let sqlite = || format!("sqlite://{}", arguments.data_dir.join("auth.db").display());
    issuer.clone_into(&mut config.issuer);
    config.database.url = Secret::new(arguments.database_url.clone().unwrap_or_else(sqlite));
    config.instance = Instance::from("auth-1".to_owned());
    Ok(config)
}

fn resource_config(number: usize, issuer: &str) -> Result<resource_service::Config, StartError> {
    // A rotation is not worth waiting for a minute.
    let defaults = [("RESOURCE__KEYS__REFRESH_SECS".to_owned(), "2".to_owned())];
    let mut config = resource_service::Config::from_environment(defaults.into_iter().chain(environment()))?;
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
        StartError::new(RESOURCE_PORT, problem, "Set a lower port.")
    })
}

fn address_of(listener: &TcpListener, option: &str) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| StartError::new(option, error.to_string(), "Set another port."))
}

fn demo_url(listener: &TcpListener) -> Result<String, StartError> {
    Ok(format!("http://localhost:{}", address_of(listener, DEMO_PORT)?.port()))
}

fn url_of(config: &resource_service::Config) -> String {
    format!("{}://{}", if config.tls.is_set() { "https" } else { "http" }, config.listen)
}

/// The origins of the issuer's pages, by either name of this machine, and others.
fn origins(port: u16, others: &List) -> List {
    List::from(format!("http://localhost:{port},http://127.0.0.1:{port},{others}"))
}
