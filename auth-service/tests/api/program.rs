//! The program: settings, exit codes, shutdown.

use futures_util::future::join;
use serde_json::json;
use service_kit::testing::{Api, Ended, Program, send};
use tempfile::TempDir;

use crate::support::PROGRAM;

#[test]
fn an_unknown_variable_is_rejected_with_a_suggestion() {
    let ended = run(&[], &[("AUTH__LISTTEN", "127.0.0.1:0")]);

    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.errors, "error: AUTH__LISTTEN: unknown setting\n  Did you mean AUTH__LISTEN?\n");
}

#[actix_web::test]
async fn the_json_log_has_the_request_id_and_no_query_string() {
    let folder = TempDir::new().unwrap();
    let database = database_in(&folder);
    let variables = [
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__DATABASE__URL", &*database),
        ("AUTH__LOG__FORMAT", "json"),
        ("AUTH__LOG__ACCESS", "all"),
    ];
    let mut program = Program::start(PROGRAM, &[], &variables);
    let url = program.url();

    Api::at(url).get_with("X-Request-Id", "order-17", "/health/live?token=secret").await;

    let lines = program.lines_up_to("/health/live");
    let line: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&line["level"], &line["target"]), (&json!("INFO"), &json!("access")));
    assert_eq!((&line["request_id"], &line["fields"]["status"]), (&json!("order-17"), &json!(200)));
    assert_eq!(line["fields"]["route"], "/health/live");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    assert!(!lines.contains("secret"), "{lines}");
}

#[test]
fn variables_that_kubernetes_adds_are_ignored() {
    let folder = TempDir::new().unwrap();
    let database = database_in(&folder);
    let variables = [
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__DATABASE__URL", &database),
        ("AUTH_SERVICE_PORT", "tcp://10.0.0.1:5000"),
        ("AUTH_PORT_5000_TCP", "tcp://10.0.0.1:5000"),
    ];

    Program::start(PROGRAM, &[], &variables).url();
}

#[test]
fn invalid_settings_are_rejected_by_name() {
    for (variable, value) in [
        ("AUTH__LISTEN", "5000"),
        ("AUTH__LISTEN", "127.0.0.1:70000"),
        ("AUTH__ISSUER", "login.example.com"),
        ("AUTH__ISSUER", "https://login.example.com/"),
        ("AUTH__DATABASE__URL", "mysql://localhost/auth"),
        ("AUTH__DATABASE__CONNECTIONS", "0"),
        ("AUTH__KEYS__BITS", "1024"),
        ("AUTH__TOKENS__ACCESS_TTL_SECS", "0"),
        ("AUTH__TOKENS__ACCESS_TTL_SECS", "soon"),
        ("AUTH__DRAIN_SECS", "18446744073709551615"),
        ("AUTH__WORKERS", "0"),
        ("AUTH__PASSWORDS__THREADS", "0"),
        ("AUTH__PASSWORDS__QUEUE", "0"),
        ("AUTH__PASSWORDS__RESET_TTL_SECS", "0"),
        ("AUTH__SAMPLE_USERS", "perhaps"),
        ("AUTH__ADMIN__USERNAME", "root"),
        ("AUTH__TOKEN_LOCATION", "pockets"),
        ("AUTH__MASTER_KEY_FILE", "/nowhere/master.key"),
        ("AUTH_CONFIG", "/nowhere/auth.toml"),
    ] {
        let folder = TempDir::new().unwrap();
        let database = database_in(&folder);
        let mut variables = vec![("AUTH__LISTEN", "127.0.0.1:0"), ("AUTH__DATABASE__URL", &database)];
        variables.retain(|(name, _)| *name != variable);
        variables.push((variable, value));

        let ended = run(&[], &variables);

        assert_eq!(ended.code, Some(2), "{variable}={value}: {ended:?}");
        assert!(ended.errors.contains(&format!("error: {variable}: ")), "{variable}={value}: {ended:?}");
    }
}

#[test]
fn an_unknown_option_is_rejected() {
    let ended = run(&["--listen", "127.0.0.1:0"], &[]);

    assert_eq!(ended.code, Some(2));
    assert!(ended.errors.contains("--listen"), "{ended:?}");
}

#[test]
fn help_explains_how_settings_are_named() {
    let ended = run(&["--help"], &[]);

    assert_eq!(ended.code, Some(0));
    for name in ["AUTH__LISTEN", "AUTH__ISSUER", "AUTH__DATABASE__URL", "AUTH_CONFIG", "RUST_LOG"] {
        assert!(ended.output.contains(name), "{name}: {}", ended.output);
    }
}

#[actix_web::test]
async fn it_shuts_down_cleanly_on_a_signal() {
    for signal in ["TERM", "INT", "HUP"] {
        let folder = TempDir::new().unwrap();
        let database = database_in(&folder);
        let variables = [("AUTH__LISTEN", "127.0.0.1:0"), ("AUTH__DATABASE__URL", &*database)];
        let mut program = Program::start(PROGRAM, &[], &variables);
        Api::at(program.url()).until("/health/ready", 200).await;

        program.signal(signal);

        assert_eq!(program.end().code, Some(0), "{signal}");
    }
}

#[actix_web::test]
async fn after_sigterm_it_reports_not_ready_and_keeps_serving() {
    let folder = TempDir::new().unwrap();
    let database = database_in(&folder);
    let variables = [("AUTH__LISTEN", "127.0.0.1:0"), ("AUTH__DATABASE__URL", &*database), ("AUTH__DRAIN_SECS", "2")];
    let mut program = Program::start(PROGRAM, &[], &variables);
    let service = Api::at(program.url());
    service.until("/health/ready", 200).await;

    program.signal("TERM");
    let not_ready = service.until("/health/ready", 503).await;
    let live = service.get("/health/live").await;

    assert_eq!(not_ready.code(), (503, "shutting_down"));
    assert_eq!((live.status, live.header("connection")), (200, Some("close")));
    assert_eq!(program.end().code, Some(0));
}

#[actix_web::test]
async fn a_kill_during_a_rotation_leaves_one_current_key() {
    let folder = TempDir::new().unwrap();
    let database = database_in(&folder);
    let variables = [
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__DATABASE__URL", &*database),
        ("AUTH__SAMPLE_USERS", "true"),
        ("AUTH__KEYS__ROTATE_EVERY_SECS", "2"),
        ("AUTH__KEYS__PUBLISH_AHEAD_SECS", "1"),
    ];

    for kill in 0..5 {
        let mut program = Program::start(PROGRAM, &[], &variables);
        let service = Api::at(program.url());
        let admin = json!({ "username": "admin", "password": "admin123" });
        let login = send(service.request("POST", "/login").json(&admin)).await.json();
        let token = login["access_token"].as_str().unwrap();
        let report = service.get_as(token, "/keys").await.json();

        let rotation =
            service.request("POST", "/keys/rotate").bearer_auth(token).json(&json!({ "force": true })).send();
        // Whether the response arrives before the kill is random.
        let _ = join(rotation, async { program.signal("KILL") }).await;

        let stages: Vec<_> = report["keys"].as_array().unwrap().iter().map(|key| &key["stage"]).collect();
        assert_eq!(stages.iter().filter(|stage| **stage == "current").count(), 1, "before kill {kill}: {report}");
        assert_eq!(program.end().code, None);
    }
}

#[actix_web::test]
async fn the_environment_takes_precedence_over_the_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("auth.toml");
    let settings = "instance = \"from-file\"\n[tokens]\naccess_ttl_secs = 60\n";
    std::fs::write(&file, format!("{settings}[database]\nurl = \"{}\"\n", database_in(&folder))).unwrap();
    let variables = [("AUTH__LISTEN", "127.0.0.1:0"), ("AUTH__INSTANCE", "from-environment")];
    let mut program = Program::start(PROGRAM, &["--config", file.to_str().unwrap()], &variables);

    let response = Api::at(program.url()).until("/health/ready", 200).await;

    assert_eq!(response.header("x-served-by"), Some("from-environment"));
}

#[test]
fn the_program_log_contains_no_secrets() {
    let folder = TempDir::new().unwrap();
    let database = database_in(&folder);
    let variables = [
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__DATABASE__URL", &*database),
        ("AUTH__ADMIN__USERNAME", "root"),
        ("AUTH__ADMIN__PASSWORD", "correct horse"),
        ("AUTH__MASTER_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
        ("RUST_LOG", "trace"),
    ];
    let mut program = Program::start(PROGRAM, &[], &variables);
    let log = program.lines_up_to(" listens on ");
    program.signal("TERM");
    let log = log + &program.end().errors;

    for secret in ["correct horse", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="] {
        assert!(!log.contains(secret), "{log}");
    }
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    Program::start(PROGRAM, arguments, variables).end()
}

fn database_in(folder: &TempDir) -> String {
    format!("sqlite://{}/auth.db", folder.path().display())
}
