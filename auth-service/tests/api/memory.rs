//! What stays in the memory of the running program.
#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
};

use serde_json::{Value, json};
use service_kit::testing::{Api, Program, eventually};
use shared::testing::PRIVATE_KEY_PEM;
use tempfile::TempDir;

use crate::support::{MASTER_KEY, PROGRAM};

#[actix_web::test]
async fn passwords_and_tokens_do_not_stay_in_memory() {
    let (_folder, program, api) = start();
    let password = |name: &str| format!("{name} password of a marked user");
    let form = |name: &str| json!({ "username": "marked", "password": password(name) });

    post(&api, "/register", &form("the first"), "").await;
    let login = post(&api, "/login", &form("the first"), "").await;
    post(&api, "/login", &form("a wrong"), "").await;
    let [access, refresh] = ["access_token", "refresh_token"].map(|name| login[name].as_str().unwrap());
    post(&api, "/refresh", &json!({ "refresh_token": refresh }), "").await;
    post(&api, "/reauthenticate", &json!({ "password": password("the first") }), access).await;
    let change = json!({ "current_password": password("the first"), "new_password": password("a second") });
    let body = change.to_string();
    let changed = api.send_raw(request("PUT", "/me/password", &body, access)).await;

    assert_eq!(changed.status, 200, "{}", changed.body);
    let secrets = ["the first", "a wrong", "a second"].map(password);
    let secrets: Vec<_> = secrets.iter().map(String::as_str).chain([refresh]).collect();
    no_secret_stays(&program, &secrets).await;
}

#[actix_web::test]
async fn keys_of_the_settings_do_not_stay_in_memory() {
    let (_folder, program, api) = start();

    assert_eq!(api.get("/.well-known/jwks.json").await.status, 200);

    let lines = PRIVATE_KEY_PEM.lines().filter(|line| !line.starts_with("-----"));
    let secrets: Vec<_> = lines.chain([MASTER_KEY, "the admin's own password"]).collect();
    assert!(secrets.len() > 20);
    no_secret_stays(&program, &secrets).await;
}

#[actix_web::test]
async fn the_memory_is_not_written_to_a_file_by_a_crash() {
    let (_folder, program, _api) = start();

    let limits = fs::read_to_string(format!("/proc/{}/limits", program.id())).unwrap();

    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
}

/// The program with secrets in files: the environment of a process stays in its memory.
fn start() -> (TempDir, Program, Api) {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let database = format!("sqlite://{}/auth.db", folder.path().display());
    let (master_key, private_key) = (file("master.key", MASTER_KEY), file("private.pem", PRIVATE_KEY_PEM));
    let admin_password = file("admin", "the admin's own password");
    let variables = [
        ("AUTH__LISTEN", "127.0.0.1:0"),
        ("AUTH__DATABASE__URL", &*database),
        ("AUTH__MASTER_KEY_FILE", &*master_key),
        ("AUTH__KEYS__PRIVATE_KEY_FILE", &*private_key),
        ("AUTH__ADMIN__USERNAME", "root"),
        ("AUTH__ADMIN__PASSWORD_FILE", &*admin_password),
        ("AUTH__PASSWORDS__MEMORY_KIB", "64"),
        ("AUTH__PASSWORDS__ITERATIONS", "1"),
    ];
    let mut program = Program::start(PROGRAM, &[], &variables);
    let api = Api::at(program.url());
    (folder, program, api)
}

/// The response to a request on a connection of its own, whose buffers are freed with it.
async fn post(api: &Api, path: &str, body: &Value, token: &str) -> Value {
    api.send_raw(request("POST", path, &body.to_string(), token)).await.json()
}

fn request(method: &str, path: &str, body: &str, token: &str) -> String {
    let token = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Waits until none of them is in the memory of the program.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
async fn no_secret_stays(program: &Program, secrets: &[&str]) {
    let id = program.id();
    match find(id, secrets) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            eprintln!("skipped: the memory of another process cannot be read here: {error}");
        }
        _ => eventually(async || find(id, secrets).unwrap().is_empty().then_some(())).await,
    }
}

/// Which of them are in the writable memory of a process.
fn find<'a>(process: u32, secrets: &[&'a str]) -> io::Result<Vec<&'a str>> {
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let mut found = vec![];
    for line in maps.lines().filter(|line| line.split(' ').nth(1).unwrap().starts_with("rw")) {
        let (begin, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [begin, end] = [begin, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - begin).unwrap()];
        // It may have been freed in the meantime.
        let Ok(()) = memory.read_exact_at(&mut bytes, begin) else { continue };
        found.extend(secrets.iter().filter(|secret| contains(&bytes, secret.as_bytes())));
    }
    Ok(found)
}

/// Whether the text is there; most of memory is zero, and is skipped fast.
fn contains(bytes: &[u8], text: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == text[0]) {
        rest = &rest[at..];
        if rest.starts_with(text) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}
