//! The playground: `GET /`, `GET /playground.json` and `GET /playground/{file}`.

use std::{collections::BTreeSet, fs, path::Path};

use auth_service::Config;
use serde_json::json;
use service_kit::List;

use crate::support::{Database, TestApp, config_for};

on_both_databases!(
    it_is_off_by_default,
    the_page_may_load_its_own_files_and_call_the_replicas,
    without_replicas_the_page_calls_only_its_own_origin,
    the_files_of_the_page_have_the_right_types,
    the_page_loads_only_files_that_exist,
    the_page_learns_of_the_replicas,
);

/// Before compression.
const MAX_WEIGHT: usize = 150 * 1024;

async fn spawn(database: Database, replicas: &str) -> TestApp {
    let replicas = List::from(replicas.to_owned());
    let config = Config { playground: true, playground_replicas: replicas, ..config_for(&database) };
    TestApp::spawn_with(database, config).await
}

async fn it_is_off_by_default(database: Database) {
    let app = TestApp::spawn(database).await;

    for path in ["/playground.json", "/playground/main.js"] {
        assert_eq!(app.get(path).await.code(), (404, "not_found"), "{path}");
    }
}

async fn the_page_may_load_its_own_files_and_call_the_replicas(database: Database) {
    let app = spawn(database, "http://127.0.0.1:5001, http://127.0.0.1:5002").await;

    let page = app.get("/").await;

    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    page.assert_browser_rules();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                  connect-src 'self' http://127.0.0.1:5001 http://127.0.0.1:5002; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    assert_eq!(page.header("content-security-policy"), Some(policy));
    for inline in ["<style", "style=", "<script>", "onclick=", "onload=", "javascript:", "http://", "https://"] {
        assert!(!page.body.contains(inline), "{inline}");
    }
}

async fn without_replicas_the_page_calls_only_its_own_origin(database: Database) {
    let app = spawn(database, "").await;

    let page = app.get("/").await;

    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("; connect-src 'self'; "), "{policy}");
}

async fn the_files_of_the_page_have_the_right_types(database: Database) {
    let app = spawn(database, "").await;
    let mut weight = app.get("/").await.body.len();

    for name in files() {
        let expected = match Path::new(&name).extension().and_then(|extension| extension.to_str()) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        let file = app.get(&format!("/playground/{name}")).await;
        let known = app.get_with("If-None-Match", file.header("etag").unwrap(), &format!("/playground/{name}")).await;

        assert_eq!((file.status, file.header("content-type")), (200, Some(expected)), "{name}");
        assert_eq!((file.header("cache-control"), known.status), (Some("public, max-age=0"), 304));
        file.assert_browser_rules();
        weight += file.body.len();
    }
    assert!(weight < MAX_WEIGHT, "{weight}");
    for name in ["index.html", "none.js", "..%2fmod.rs"] {
        assert_eq!(app.get(&format!("/playground/{name}")).await.code(), (404, "not_found"), "{name}");
    }
}

async fn the_page_loads_only_files_that_exist(database: Database) {
    let app = spawn(database, "").await;

    let page = app.get("/").await.body;

    let loaded: BTreeSet<_> = page.split("\"playground/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let files = files();
    assert_eq!(loaded, files.iter().map(String::as_str).collect());
}

async fn the_page_learns_of_the_replicas(database: Database) {
    let app = spawn(database, "http://127.0.0.1:5001,https://b.example").await;

    let settings = app.get("/playground.json").await.json();

    let replicas = ["http://127.0.0.1:5001", "https://b.example"];
    assert_eq!(settings, json!({ "replicas": replicas, "control": null, "sample_users": false }));
}

#[test]
fn what_is_not_an_origin_is_rejected_by_name() {
    for value in ["http://127.0.0.1:5001/", "*", "https://x.example; script-src *"] {
        let variables = [("AUTH__PLAYGROUND_REPLICAS".to_owned(), value.to_owned())];

        let error = Config::from_environment(variables).err().map(|error| error.to_string()).unwrap_or_default();

        assert!(error.starts_with("AUTH__PLAYGROUND_REPLICAS: invalid origin"), "{value}: {error}");
    }
}

/// The files in the source folder, except the page itself.
fn files() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/playground/page");
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "index.html").collect()
}
