//! Both services with a real Prometheus: every expression of the rules and of the dashboard has a value.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may panic")]

mod support;

use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use service_kit::testing::{Api, eventually, eventually_within, skip};
use tempfile::TempDir;

use crate::support::RunningCluster;

#[actix_web::test]
async fn every_expression_of_rules_and_dashboard_has_a_value() {
    if !is_installed() {
        return;
    }
    let cluster = RunningCluster::start().await;
    send_traffic(&cluster).await;
    let prometheus = Prometheus::scraping(&cluster);
    prometheus.api.until("/-/ready", 200).await;

    let rules = eventually(async || prometheus.evaluated_rules().await).await;
    let expressions: Vec<String> = rules.into_iter().chain(dashboard_expressions()).collect();

    assert!(expressions.len() > 60, "{}", expressions.len());
    for expression in expressions {
        eventually_within(Duration::from_mins(1), async || {
            let result = prometheus.check_value(&expression).await;
            if result.is_err() {
                // Rates need a second scrape.
                send_traffic(&cluster).await;
            }
            result.map_err(|problem| format!("{expression}: {problem}"))
        })
        .await;
    }
}

#[actix_web::test]
async fn promtool_accepts_the_metrics() {
    if !is_installed() {
        return;
    }
    let cluster = RunningCluster::start().await;
    send_traffic(&cluster).await;

    for service in [&cluster.auth, &cluster.replicas[0]] {
        let metrics = service.get("/metrics").await.body;

        assert_eq!(promtool(&["check", "metrics"], &metrics), "", "{metrics}");
    }
}

#[test]
fn promtool_accepts_the_configuration_and_the_rules() {
    if !is_installed() {
        return;
    }

    for arguments in [
        &["check", "config", "prometheus.yml"][..],
        &["check", "rules", "recording-rules.yml", "alert-rules.yml"],
        &["test", "rules", "rules-test.yml"],
    ] {
        assert_eq!(promtool(arguments, ""), "", "{arguments:?}");
    }
}

/// Every alert fires in a unit test, and every recording rule is used by a test, an alert or the dashboard.
#[test]
fn every_rule_is_tested() {
    let (rules, tests) = (file("alert-rules.yml"), file("rules-test.yml"));
    let alerts: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let recorded = file("recording-rules.yml");
    let recorded = recorded.lines().filter_map(|line| line.trim().strip_prefix("- record: "));
    let readers = [&*rules, &tests, &file("dashboard.json")].concat();

    assert!(alerts.len() > 20);
    for alert in alerts {
        assert!(tests.contains(alert), "{alert}");
    }
    for record in recorded {
        assert!(readers.contains(record), "{record}");
    }
}

async fn send_traffic(cluster: &RunningCluster) {
    let login = |username: &str, password: &str| json!({ "username": username, "password": password });
    // At another user: wrong passwords use up guesses.
    cluster.auth.post("/login", &login("user_02", "wrong password")).await;
    let tokens = cluster.auth.post("/login", &login("user_01", "1234")).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let tokens = tokens.json();
    let refreshed = cluster.auth.post("/refresh", &json!({ "refresh_token": tokens["refresh_token"] })).await;
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    for replica in &cluster.replicas {
        for _ in 0..2 {
            let response = replica.get_as(tokens["access_token"].as_str().unwrap(), "/dashboard").await;
            assert_eq!(response.status, 200, "{response:?}");
        }
        replica.get_as("no token", "/dashboard").await;
    }
}

/// A Prometheus with the rules of deploy/prometheus, stopped on drop.
struct Prometheus {
    api: Api,
    child: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Scrapes the cluster every second, configured by deploy/prometheus/prometheus.yml with other targets.
    fn scraping(cluster: &RunningCluster) -> Self {
        let target = |api: &Api| api.url().trim_start_matches("http://").to_owned();
        let replicas: Vec<_> = cluster.replicas.iter().map(target).collect();
        let config = file("prometheus.yml")
            .replace("localhost:5001, localhost:5002, localhost:5003", &replicas.join(", "))
            .replace("localhost:5000", &target(&cluster.auth))
            .replace("15s", "1s")
            .replace("- recording-rules.yml", &format!("- {}", folder().join("recording-rules.yml").display()))
            .replace("- alert-rules.yml", &format!("- {}", folder().join("alert-rules.yml").display()));
        let data = TempDir::new().unwrap();
        let config_file = data.path().join("prometheus.yml");
        fs::write(&config_file, config).unwrap();
        // Prometheus does not report its port, so it gets one that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", config_file.display()))
            .arg(format!("--storage.tsdb.path={}", data.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { api: Api::at(format!("http://{address}")), child, _folder: data }
    }

    /// The expressions of all rules, once each has been evaluated. Alert conditions become boolean expressions, which have a
    /// value whether the alert fires or not.
    async fn evaluated_rules(&self) -> Option<Vec<String>> {
        let response = self.api.get("/api/v1/rules").await.json();
        let groups = response["data"]["groups"].as_array()?.clone();
        let rules: Vec<Value> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect();
        let is_evaluated = |rule: &Value| {
            assert_ne!(rule["health"], "err", "{rule}");
            rule["health"] == "ok"
        };
        let expression = |rule: &Value| {
            let query = rule["query"].as_str().unwrap();
            if rule["type"] == "alerting" { as_boolean(query) } else { query.to_owned() }
        };
        (!rules.is_empty() && rules.iter().all(is_evaluated)).then(|| rules.iter().map(expression).collect())
    }

    /// Checks that an expression has a value that consists of finite numbers.
    async fn check_value(&self, expression: &str) -> Result<(), String> {
        let response = self.api.get(&format!("/api/v1/query?query={}", percent_encoded(expression))).await;
        let body = response.json();
        let Some(series) = body["data"]["result"].as_array().filter(|series| !series.is_empty()) else {
            return Err(format!("no value: {body}"));
        };
        let value = |series: &Value| series["value"][1].as_str().unwrap_or("NaN").to_owned();
        let invalid = series.iter().find(|series| !value(series).parse().is_ok_and(f64::is_finite));
        invalid.map_or(Ok(()), |series| Err(format!("not a number: {series}")))
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `a > 1` as `a > bool 1`. Matchers such as `{a!="b"}` have no spaces around their operator.
fn as_boolean(condition: &str) -> String {
    [" > ", " >= ", " < ", " == "]
        .iter()
        .fold(condition.to_owned(), |text, operator| text.replace(operator, &format!("{operator}bool ")))
}

fn dashboard_expressions() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&file("dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let expressions = targets.map(|target| target["expr"].as_str().unwrap());
    let filled = |text: &str| text.replace("$job", ".*").replace("$instance", ".*").replace("$__rate_interval", "1m");
    expressions.map(filled).collect()
}

/// The complaints of promtool; empty if there are none.
fn promtool(arguments: &[&str], input: &str) -> String {
    let mut child = Command::new("promtool")
        .args(arguments)
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    if done.status.success() {
        return String::new();
    }
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

/// Without Prometheus the tests are skipped; CI installs it.
fn is_installed() -> bool {
    let installed = ["prometheus", "promtool"].iter().all(|program| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    });
    if !installed {
        skip("Prometheus (Debian: prometheus)");
    }
    installed
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus").canonicalize().unwrap()
}

fn file(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| encoded + &format!("%{byte:02X}"))
}
