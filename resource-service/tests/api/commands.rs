//! `resource-service config`, `completions` and `man-pages`.

use std::fs;

use serde_json::{Value, json};
use service_kit::testing::{Ended, Program};
use shared::testing::PUBLIC_KEY_PEM;
use tempfile::TempDir;

const PATH: &str = env!("CARGO_BIN_EXE_resource-service");

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let ended = Program::start(PATH, arguments, variables).end();
    assert_eq!((ended.code, &*ended.errors), (Some(0), ""), "{ended:?}");
    ended
}

#[test]
fn settings_are_printed_with_where_each_comes_from() {
    let folder = TempDir::new().unwrap();
    let (file, key) = (folder.path().join("resource.toml"), folder.path().join("key.pem"));
    fs::write(&file, "audience = \"reports\"\n[keys]\nrefresh_secs = 5\nmax_stale_secs = 60").unwrap();
    fs::write(&key, PUBLIC_KEY_PEM).unwrap();
    let (file, key) = (file.to_str().unwrap(), key.to_str().unwrap());
    let variables = [
        ("RESOURCE__KEYS__REFRESH_SECS", "7"),
        ("JWT_TOKEN_LOCATION", "headers,cookies"),
        ("RESOURCE__PUBLIC_KEY_FILE", key),
    ];

    let lines = run(&["--config", file, "config"], &variables).output;
    let json = run(&["config", "--json"], &[&variables[..], &[("RESOURCE_CONFIG", file)]].concat()).output;

    for lines_of_an_origin in [
        format!("# file {file}\nRESOURCE__AUDIENCE=reports\nRESOURCE__KEYS__MAX_STALE_SECS=60\n"),
        "# environment\nRESOURCE__KEYS__REFRESH_SECS=7\n".to_owned(),
        "# environment variable JWT_TOKEN_LOCATION\nRESOURCE__TOKEN_LOCATION=headers,cookies\n".to_owned(),
        format!("# file {key}, named by RESOURCE__PUBLIC_KEY_FILE\nRESOURCE__PUBLIC_KEY="),
    ] {
        assert!(lines.contains(&lines_of_an_origin), "{lines_of_an_origin}: {lines}");
    }
    let (_, defaults) = lines.split_once("# default\n").unwrap();
    assert!(defaults.contains("RESOURCE__LISTEN=127.0.0.1:5001\n") && defaults.contains("RESOURCE__WORKERS=\n"));
    let json: Value = serde_json::from_str(&json).unwrap();
    let (settings, origins) = (&json, &json["origins"]);
    assert_eq!((&settings["audience"], &settings["keys"]["refresh_secs"]), (&json!("reports"), &json!(7)));
    assert_eq!(origins["audience"], json!({ "from": "file", "path": file }));
    assert_eq!(origins["token_location"], json!({ "from": "environment", "variable": "JWT_TOKEN_LOCATION" }));
    assert_eq!(origins["listen"], json!({ "from": "default" }));
    let of_key = json!({ "from": "secret_file", "path": key, "variable": "RESOURCE__PUBLIC_KEY_FILE" });
    assert_eq!(origins["public_key"], of_key);
}

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell], &[]).output;

        assert!(script.contains("doctor") && script.contains("healthcheck"), "{shell}: {script}");
    }
}

#[test]
fn bash_accepts_its_completions() {
    let script = run(&["completions", "bash"], &[]).output;

    let ended =
        Program::start_with_input("/bin/bash", &["-s"], &[], &format!("{script}\ncomplete -p resource-service"));

    let ended = ended.end();
    assert_eq!((ended.code, &*ended.errors), (Some(0), ""), "{ended:?}");
    assert!(ended.output.contains("resource-service"), "{ended:?}");
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let folder = TempDir::new().unwrap();
    let directory = folder.path().join("man1");

    run(&["man-pages", directory.to_str().unwrap()], &[]);

    let entries = fs::read_dir(&directory).unwrap();
    let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let of = |command: &str| format!("resource-service-{command}.1");
    let expected = ["completions", "config", "doctor", "healthcheck", "man-pages"].map(of);
    assert_eq!(names, [&expected[..], &["resource-service.1".to_owned()]].concat());
    let page = fs::read_to_string(directory.join("resource-service.1")).unwrap();
    assert!(page.contains(".TH resource") && page.contains("RESOURCE_CONFIG"), "{page}");
}
