//! The limit of open files.

/// Raises the limit of open files, of which each connection is one, as far as the system allows, and warns if that is not
/// enough for `connections`.
#[cfg(target_os = "linux")]
pub(crate) fn raise_open_files(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    /// For the database, log, listener and threads.
    const OTHERS: u64 = 256;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let limit = if raised { maximum } else { current };
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    if let Some(limit) = limit.filter(|limit| *limit < needed) {
        log::warn!(
            "the limit on open files is {limit}, too low for CONNECTIONS__MAX={connections}: raise it (`ulimit -Hn`) to {needed}"
        );
    }
}

/// Elsewhere the limit is left as it is.
#[cfg(not(target_os = "linux"))]
pub(crate) fn raise_open_files(_: usize) {}
