//! The limit on open files.

use super::check::Check;
use crate::open_files::{needed_files, possible_files};

/// Whether it is enough for so many connections.
pub fn check_open_files(connections: usize) -> Check {
    const NAME: &str = "open files";
    let needed = needed_files(connections);
    match possible_files() {
        Some(limit) if limit < needed => {
            let remedy = format!(
                "Raise the limit to {needed} (`ulimit -Hn`, systemd's LimitNOFILE), or lower CONNECTIONS__MAX: beyond the \
                 limit, connections are refused."
            );
            Check::warning(NAME, format!("at most {limit}, too few for {connections} connections"), remedy)
        }
        Some(limit) => Check::ok(NAME, format!("{limit}, enough for {connections} connections")),
        None => Check::ok(NAME, "no limit"),
    }
}
