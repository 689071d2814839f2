//! Python with the libraries with which others verify tokens and hash passwords.

use std::{env, path::Path};

use super::skip;

/// The program that `INTEROP_PYTHON` names, or that of the environment that `.ci/interop-venv` creates. Without either, the tests
/// that need it are skipped.
pub fn interop_python() -> Option<String> {
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/interop/bin/python");
    let found = env::var("INTEROP_PYTHON").ok().or_else(|| Path::new(ours).exists().then(|| ours.to_owned()));
    if found.is_none() {
        skip("Python with Flask-JWT-Extended (.ci/interop-venv creates an environment)");
    }
    found
}
