//! A PostgreSQL server of one test, which can be frozen.

use std::{fs, process::Command};

use super::{Database, postgres::Server};

/// A server for tests that affect all databases of it.
pub struct OwnPostgres(Server);

impl OwnPostgres {
    /// Starts one; `None` if PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        Server::start().map(Self)
    }

    /// Its database.
    pub fn database(&self) -> Database {
        Database::at(self.0.url("postgres"))
    }

    /// Changes a setting of the running server.
    pub fn set(&self, name: &str, value: &str) {
        let database = self.database();
        database.execute_alone(&format!("ALTER SYSTEM SET {name} = '{value}'"));
        database.execute_alone("SELECT pg_reload_conf()");
        while database.rows(&format!("SELECT current_setting('{name}') AS text")) != [value] {}
    }

    /// Stops its processes as a debugger does: the system accepts connections for it, and nobody responds.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let file = fs::read_to_string(self.0.socket_folder.join("data/postmaster.pid")).unwrap();
        let postmaster = file.lines().next().unwrap();
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
        let sent = Command::new("kill").args(["-s", name, postmaster]).args(children.split_whitespace()).status();
        // A child may have ended meanwhile.
        let _ = sent.unwrap();
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // A frozen server cannot stop.
        self.thaw();
    }
}
