//! `PgBouncer` in transaction mode, in front of the PostgreSQL server of this process.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::Database;

const SCRIPT: &str = include_str!("pgbouncer.sh");

/// A pooler with three connections to the server. It stops when this is dropped.
pub struct PgBouncer {
    folder: PathBuf,
    keeper: Child,
}

impl PgBouncer {
    /// In front of the server of that database; `None` if it is not installed.
    pub fn start(database: &Database) -> Option<Self> {
        if !is_installed() {
            // Not `eprintln!`: its output is not shown for tests that pass.
            let _ = writeln!(io::stderr(), "skipped: PgBouncer is not installed (Debian package pgbouncer)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("pgb-").tempdir().unwrap().keep();
        let script = folder.join("pgbouncer.sh");
        fs::write(&script, SCRIPT).unwrap();
        let mut keeper = Command::new("sh")
            .arg(&script)
            .arg(&folder)
            .arg(database.socket_folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PgBouncer does not start; see {}", folder.join("log").display());
        Some(Self { folder, keeper })
    }

    /// The URL of the same database through the pooler.
    pub fn url(&self, database: &Database) -> String {
        format!("postgres:///{}?user=postgres&port=6432&host={}", database.name(), self.folder.display())
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn is_installed() -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| folder.join("pgbouncer").is_file())
}
