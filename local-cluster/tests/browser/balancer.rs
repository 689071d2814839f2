//! An issuer and three replicas behind the load balancer of docker-compose.yml, with the same configuration.

use std::{fs, net::TcpListener};

use actix_web::rt::{self, task::JoinHandle};
use service_kit::{
    Instance, List,
    testing::{Api, Program, skip},
};
use shared::Secret;
use tempfile::TempDir;

use crate::{
    screen::{DESKTOP, assert_is_sound, requests_per_replica},
    web_driver::{Browser, find_program},
};

const LOOPBACK: &str = "127.0.0.1";
const REPLICAS: usize = 3;

/// The services, and the address of the load balancer. Stopped on drop.
pub struct BalancedCluster {
    url: String,
    servers: Vec<JoinHandle<()>>,
    _balancer: Program,
    _folder: TempDir,
}

impl BalancedCluster {
    /// Starts it; `None` if the load balancer is not installed.
    pub async fn start() -> Option<Self> {
        let Some(haproxy) = find_program("haproxy") else {
            skip("HAProxy for the browser tests (Debian: haproxy)");
            return None;
        };
        let folder = TempDir::new().unwrap();
        // HAProxy does not report its port, so it gets one that was free a moment ago.
        let address = TcpListener::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap();
        let url = format!("http://localhost:{}", address.port());
        let mut auth =
            auth_service::Config { issuer: url.clone(), sample_users: true, playground: true, ..Default::default() };
        auth.listen.set_port(0);
        auth.instance = Instance::from("auth-1".to_owned());
        auth.trusted_proxies = List::from(LOOPBACK.to_owned());
        auth.database.url = Secret::new(format!("sqlite://{}", folder.path().join("auth.db").display()));
        let auth = auth_service::App::build(auth).await.unwrap();
        let issuer = auth.url();
        let mut servers = vec![rt::spawn(async { auth.run().await.unwrap() })];
        let mut replicas = Vec::new();
        for number in 1..=REPLICAS {
            let mut config = resource_service::Config {
                issuer: List::from(url.clone()),
                fetch_from: List::from(issuer.clone()),
                instance: Instance::from(format!("resource-{number}")),
                trusted_proxies: List::from(LOOPBACK.to_owned()),
                workers: Some(1),
                ..Default::default()
            };
            config.listen.set_port(0);
            let replica = resource_service::App::build(config).unwrap();
            replicas.push(replica.url());
            servers.push(rt::spawn(async { replica.run().await.unwrap() }));
        }
        for replica in &replicas {
            Api::at(replica.clone()).until("/health/ready", 200).await;
        }
        let statistics = folder.path().join("statistics.socket");
        let changes = [
            ("bind :5000", format!("bind {address}")),
            ("bind :8404", format!("bind unix@{}", statistics.display())),
            (" resolvers docker init-addr none", String::new()),
            ("server-template auth- 10 auth-service:5000", lines("auth", &[issuer])),
            ("server-template resource- 20 resource-service:5001", lines("resource", &replicas)),
        ];
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, configuration(&changes)).unwrap();
        let balancer = Program::start(haproxy.to_str().unwrap(), &["-db", "-f", file.to_str().unwrap()], &[]);
        let balanced = Api::at(url.clone());
        balanced.until("/playground.json", 200).await;
        balanced.until("/dashboard", 401).await;
        Some(Self { url, servers, _balancer: balancer, _folder: folder })
    }
}

impl Drop for BalancedCluster {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

/// A login, a request, thirty of them, and a logout that reaches every replica.
pub async fn story(browser: &Browser, cluster: &BalancedCluster) {
    browser.look(DESKTOP, "light").await;
    browser.open(&format!("{}/", cluster.url)).await;

    browser.type_into("#username", "mary").await;
    browser.type_into("#password", "a fine long pass").await;
    browser.click("#register").await;
    browser.until_text("#login-result", "Logged in as mary").await;
    browser.click("[data-path='/dashboard']").await;
    let answer = browser.until_text("#answer", "GET /dashboard").await;
    assert!(answer.starts_with("200") && answer.contains("from resource-"), "{answer}");

    browser.click("#spread").await;
    browser.until_text("#spread-hint", "30 requests, all accepted").await;
    let counts = requests_per_replica(browser).await;
    assert_eq!((counts.len(), counts.iter().sum::<u64>()), (REPLICAS, 30));
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");

    browser.click("#logout").await;
    browser.until_text("#revoke-result", "The last replica rejected the token after").await;
    let rejected = browser.run("return document.querySelectorAll('#tiles [data-took]').length").await;
    assert_eq!(rejected, REPLICAS);
    assert_is_sound(browser, DESKTOP, "balancer").await;
}

/// Servers with these URLs, as in a `backend`.
fn lines(name: &str, urls: &[String]) -> String {
    let line =
        |(number, url): (usize, &String)| format!("server {name}-{number} {}", url.trim_start_matches("http://"));
    (1..).zip(urls).map(line).collect::<Vec<_>>().join("\n    ")
}

/// deploy/haproxy/haproxy.cfg with other addresses.
fn configuration(changes: &[(&str, String)]) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/haproxy/haproxy.cfg");
    changes.iter().fold(fs::read_to_string(path).unwrap(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    })
}
