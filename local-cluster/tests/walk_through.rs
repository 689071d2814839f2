//! End to end: one auth-service and three replicas, started the way a newcomer does.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

mod support;

use std::net::TcpListener;

use serde_json::{Value, json};
use service_kit::testing::{Api, Ended, Program, Response, error, send};
use support::RunningCluster;
use tempfile::TempDir;

/// The page with the responses; README.md has the short form, which `.ci/readme` runs.
const PAGE: &str = include_str!("../../docs/walk-through.md");
const PATH: &str = env!("CARGO_BIN_EXE_local-cluster");

#[actix_web::test]
async fn the_tutorials_walk_through_works_request_by_request() {
    let cluster = RunningCluster::start().await;
    let (auth, replica) = (&cluster.auth, &cluster.replicas[0]);

    // 1. Register a user.
    let john = json!({ "username": "john", "password": "secret123", "role": "user" });
    let registered = auth.post("/register", &john).await;
    let again = auth.post("/register", &john).await;
    assert_eq!((registered.status, registered.json()), (201, json!({ "message": "User registered successfully" })));
    assert_eq!(again.error(), error(400, "username_taken", "Username already exists"));

    // 2. Log in.
    let wrong = auth.post("/login", &json!({ "username": "john", "password": "secret124" })).await;
    let token = log_in(&cluster.auth, "john", "secret123").await;
    assert_eq!(wrong.error(), error(401, "invalid_credentials", "Invalid username or password"));

    // 3. Access protected routes.
    let dashboard = replica.get_as(&token, "/dashboard").await;
    let profile = replica.get_as(&token, "/profile").await;
    let expected = json!({ "message": "Welcome to your dashboard!", "user_id": 4, "username": "john", "role": "user" });
    assert_eq!((dashboard.status, dashboard.json()), (200, expected));
    let expected = json!({
        "identity_from_get_jwt_identity": "john",
        "username_from_current_user": "john",
        "full_user_details": { "id": 4, "username": "john", "role": "user" },
    });
    assert_eq!((profile.status, profile.json()), (200, expected));

    // 4. Try the admin routes, as a user and as an admin.
    let admin = log_in(&cluster.auth, "admin", "admin123").await;
    for rejected in [replica.get_as(&token, "/admin").await, auth.get_as(&token, "/users").await] {
        assert_eq!(rejected.error(), error(403, "forbidden", "Admin access required"));
    }
    let panel = replica.get_as(&admin, "/admin").await;
    let users = auth.get_as(&admin, "/users").await;
    let expected = json!({ "message": "Welcome to Admin Panel!", "admin_user": "admin" });
    assert_eq!((panel.status, panel.json()), (200, expected));
    let expected = json!({ "users": [
        { "id": 1, "username": "admin", "role": "admin" },
        { "id": 2, "username": "user_01", "role": "user" },
        { "id": 3, "username": "user_02", "role": "user" },
        { "id": 4, "username": "john", "role": "user" },
    ] });
    assert_eq!((users.status, users.json()), (200, expected));

    // The tutorial's common errors.
    let tampered = format!("{}x", &token[..token.len() - 1]);
    let missing = replica.get("/dashboard").await;
    let invalid = replica.get_as(&tampered, "/dashboard").await;
    assert_eq!(missing.error(), error(401, "missing_token", "Missing Authorization Header"));
    assert_eq!(invalid.error(), error(401, "invalid_token", "Invalid token"));

    // The responses that the page shows.
    let forbidden = replica.get_as(&token, "/admin").await;
    for printed in [&registered, &dashboard, &profile, &missing, &forbidden, &panel, &users] {
        assert_is_on_the_page(printed);
    }
}

#[actix_web::test]
async fn revoked_tokens_are_rejected_as_the_page_says() {
    let cluster = RunningCluster::start().await;
    let auth = &cluster.auth;
    let john = json!({ "username": "john", "password": "secret123" });
    auth.post("/register", &john).await;
    let login = auth.post("/login", &john).await.json();
    let [token, refresh] = ["access_token", "refresh_token"].map(|name| login[name].as_str().unwrap());
    let admin = log_in(auth, "admin", "admin123").await;

    // A role change.
    let change = auth.request("PATCH", "/users/john").bearer_auth(&admin).json(&json!({ "role": "editor" }));
    let changed = send(change).await;
    assert_eq!((changed.status, &changed.json()["role"]), (200, &json!("editor")));
    for replica in &cluster.replicas {
        assert_is_on_the_page(&replica.until_as(token, "/dashboard", 401).await);
    }
    let refreshed = auth.post_as(refresh, "/refresh", &Value::Null).await.json();
    let token = refreshed["access_token"].as_str().unwrap();
    for replica in &cluster.replicas {
        assert_is_on_the_page(&replica.get_as(token, "/dashboard").await);
    }

    // A logout.
    assert_is_on_the_page(&auth.post_as(token, "/logout", &Value::Null).await);
    for replica in &cluster.replicas {
        assert_is_on_the_page(&replica.until_as(token, "/dashboard", 401).await);
    }
}

#[actix_web::test]
async fn one_token_is_accepted_by_every_replica() {
    let cluster = RunningCluster::start().await;
    let token = log_in(&cluster.auth, "user_01", "1234").await;

    let mut served_by = Vec::new();
    for replica in &cluster.replicas {
        let response = replica.get_as(&token, "/dashboard").await;
        assert_eq!(response.json()["username"], "user_01");
        served_by.push(response.header("x-served-by").unwrap().to_owned());
    }

    assert_eq!(served_by, ["resource-1", "resource-2", "resource-3"]);
    assert_eq!(cluster.auth.get("/health/live").await.header("x-served-by"), Some("auth-1"));
}

#[test]
fn a_port_in_use_is_reported_with_the_options_name() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    for (option, variable) in
        [("--auth-port", "LOCAL_CLUSTER_AUTH_PORT"), ("--resource-port", "LOCAL_CLUSTER_RESOURCE_PORT")]
    {
        let folder = TempDir::new().unwrap();
        let mut ports = vec![("--auth-port", "0"), ("--resource-port", "0")];
        ports.retain(|(name, _)| *name != option);
        ports.push((option, &port));

        let Ended { code, errors, .. } = start(&folder, &ports).end();

        assert_eq!(code, Some(2), "{errors}");
        let expected = format!("error: {option} ({variable}): 127.0.0.1:{port} is already in use\n");
        assert!(errors.contains(&expected), "{errors}");
    }
}

#[test]
fn invalid_options_are_rejected() {
    for options in [("--replicas", "0"), ("--replicas", "101"), ("--auth-port", "70000"), ("--ports", "1")] {
        let Ended { code, errors, .. } = start(&TempDir::new().unwrap(), &[options]).end();

        assert_eq!(code, Some(2), "{options:?}");
        assert!(errors.contains(options.0), "{errors}");
    }
}

#[actix_web::test]
async fn the_program_prints_the_walk_through_and_shuts_down_cleanly() {
    for signal in ["INT", "TERM"] {
        let folder = TempDir::new().unwrap();
        let mut program = start(&folder, &[("--auth-port", "0"), ("--resource-port", "0"), ("--replicas", "2")]);
        let urls = [program.url(), program.url(), program.url()];
        for url in &urls {
            Api::at(url).until("/health/ready", 200).await;
        }
        program.wait_for_output("Press Ctrl-C to stop.");

        program.signal(signal);

        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for url in urls {
            assert!(ended.output.contains(url.rsplit(':').next().unwrap()), "{ended:?}");
        }
        for path in ["/register", "/login", "/dashboard", "/admin", "/users/john", "/refresh", "/logout"] {
            assert!(ended.output.contains(path), "{path}: {ended:?}");
        }
        assert!(folder.path().join("auth.db").exists() && folder.path().join("master.key").exists());
    }
}

fn assert_is_on_the_page(response: &Response) {
    let printed = format!("# {}", response.body);
    assert!(PAGE.lines().any(|line| line == printed), "{printed}");
}

/// The access token of a login.
async fn log_in(auth: &Api, username: &str, password: &str) -> String {
    let response = auth.post("/login", &json!({ "username": username, "password": password })).await;
    response.json()["access_token"].as_str().unwrap().to_owned()
}

fn start(folder: &TempDir, options: &[(&str, &str)]) -> Program {
    let mut arguments = vec!["--data-dir", folder.path().to_str().unwrap()];
    arguments.extend(options.iter().flat_map(|(name, value)| [*name, *value]));
    Program::start(PATH, &arguments, &[("RUST_LOG", "info")])
}
