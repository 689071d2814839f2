//! `auth-service make-secrets`.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use zeroize::Zeroizing;

use super::output::{Failure, say};

/// Where the secrets go.
#[derive(Args)]
pub(super) struct Arguments {
    /// The file with the password, which the database reads. An existing one is kept.
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
    /// The file with the URL, for `AUTH__DATABASE__URL_FILE`.
    #[arg(long, value_name = "FILE")]
    url_file: PathBuf,
    /// The URL with a user and without a password, such as <postgres://auth@postgres/auth>.
    #[arg(long)]
    url: String,
}

const PASSWORD_LEN: usize = 24;

/// For a container without a shell.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { password_file, url_file, url } = arguments;
    let (user, rest) =
        url.split_once('@').ok_or_else(|| Failure::refused("--url has no user, as in postgres://auth@…"))?;
    let password = password(password_file).map_err(|error| failed(password_file, &error))?;
    let with_password = Zeroizing::new(format!("{user}:{}@{rest}\n", *password));
    replace(url_file, with_password.as_bytes(), 0o600).map_err(|error| failed(url_file, &error))?;
    say(format!("The password is in {}, the URL in {}.", password_file.display(), url_file.display()));
    Ok(())
}

fn failed(file: &Path, error: &io::Error) -> Failure {
    Failure::refused(format!("{}: {error}", file.display()))
}

fn password(file: &Path) -> io::Result<Zeroizing<String>> {
    match fs::read_to_string(file) {
        Ok(password) if !password.trim().is_empty() => return Ok(Zeroizing::new(password.trim().to_owned())),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut bytes = Zeroizing::new([0; PASSWORD_LEN]);
    rand::fill(&mut *bytes).map_err(|_| io::Error::other("no randomness"))?;
    let password = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes));
    // The database runs as another user; no other container mounts its volume.
    replace(file, password.as_bytes(), 0o444)?;
    Ok(password)
}

/// Readers see the old contents or the new, never a part.
fn replace(file: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    let draft = file.with_extension("draft");
    if draft.exists() {
        fs::remove_file(&draft)?;
    }
    let mut opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
    opened.write_all(contents)?;
    opened.sync_all()?;
    fs::rename(&draft, file)
}
