//! A PostgreSQL server for the tests of this process, started from the installed programs.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use diesel::{Connection, PgConnection, connection::SimpleConnection};

const SCRIPT: &str = include_str!("postgres.sh");

/// The server. It stops when its keeper's standard input is closed, which the kernel does when this process ends.
pub struct Server {
    pub socket_folder: PathBuf,
    _keeper: Child,
}

/// The URL of a new, empty database; `None` if PostgreSQL is not installed.
pub fn new_database() -> Option<String> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start).as_ref()?;
    let name = format!("test_{}", NUMBER.fetch_add(1, Relaxed));
    let mut conn = PgConnection::establish(&server.url("postgres")).unwrap();
    conn.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    Some(server.url(&name))
}

impl Server {
    /// Starts one; `None` if PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let Some(programs) = find_programs() else {
            // Not `eprintln!`: its output is not shown for tests that pass.
            let _ = writeln!(io::stderr(), "skipped: PostgreSQL is not installed (Debian package postgresql)");
            return None;
        };
        let socket_folder = tempfile::Builder::new().prefix("pg-").tempdir().unwrap().keep();
        let script = socket_folder.join("postgres.sh");
        fs::write(&script, SCRIPT).unwrap();
        let mut keeper = Command::new("sh")
            .args([&script, &programs, &socket_folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // So that Ctrl-C reaches only the tests; the server stops after them.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "PostgreSQL does not start; see {}", socket_folder.join("log").display());
        Some(Self { socket_folder, _keeper: keeper })
    }

    /// The URL of a database of it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?user=postgres&host={}", self.socket_folder.display())
    }
}

/// The folder with `initdb`, which Debian does not put on the `PATH`.
fn find_programs() -> Option<PathBuf> {
    let debian =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    debian.chain(env::split_paths(&path)).find(|folder| has_initdb(folder))
}

fn has_initdb(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("pg_ctl").is_file()
}
