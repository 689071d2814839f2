//! The commands of operators.

mod doctor;
mod flask_users;
mod keys;
mod restore_check;
mod set_up;
mod settings;
mod user_export;
mod user_import;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use service_kit::testing::{Ended, Program};
use shared::Secret;

use crate::support::{Database, MASTER_KEY, PROGRAM, config_with_own_keys};

/// Another 32 bytes in base64.
const NEW_MASTER_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

fn config_with_master_key(database: &Database, master_key: &str) -> auth_service::Config {
    let mut config = config_with_own_keys(database);
    config.master_key = Some(Secret::new(master_key.to_owned()));
    config
}

/// Initializes the database and returns the id of its key.
fn init(database: &Database) -> String {
    done(database, &["init"]);
    database.rows("SELECT kid AS text FROM signing_keys").remove(0)
}

/// What a command says that must be done.
pub fn done(database: &Database, arguments: &[&str]) -> String {
    let ended = run(database, arguments);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {ended:?}");
    ended.output
}

fn run(database: &Database, arguments: &[&str]) -> Ended {
    run_with(database, &[], arguments)
}

/// With these variables before the usual ones.
fn run_with(database: &Database, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    Program::start(PROGRAM, arguments, &[&usual_variables(database), variables].concat()).end()
}

fn usual_variables(database: &Database) -> [(&str, &str); 6] {
    [
        ("AUTH__DATABASE__URL", database.url()),
        ("AUTH__MASTER_KEY", MASTER_KEY),
        ("AUTH__LISTEN", "127.0.0.1:0"),
        // Nothing listens there, while a cluster may run at the default one.
        ("AUTH__ISSUER", "http://127.0.0.1:1"),
        ("AUTH__PASSWORDS__MEMORY_KIB", "64"),
        ("AUTH__PASSWORDS__ITERATIONS", "1"),
    ]
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}
