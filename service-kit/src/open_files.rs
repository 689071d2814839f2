//! The limit of open files.

/// For the database, log, listener and threads.
const OTHERS: u64 = 256;

/// How many files a service with so many connections opens: each connection is one.
pub(crate) fn needed_files(connections: usize) -> u64 {
    u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS)
}

/// The limit to which a service raises its own; none if there is no limit, or where services do not raise it.
pub(crate) fn possible_files() -> Option<u64> {
    #[cfg(target_os = "linux")]
    return rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    #[cfg(not(target_os = "linux"))]
    None
}

/// Raises the limit of open files, of which each connection is one, as far as the system allows, and warns if that is not
/// enough for `connections`.
#[cfg(target_os = "linux")]
pub(crate) fn raise_open_files(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    let limit = if raised { maximum } else { current };
    let needed = needed_files(connections);
    if let Some(limit) = limit.filter(|limit| *limit < needed) {
        log::warn!(
            "the limit on open files is {limit}, too low for CONNECTIONS__MAX={connections}: raise it (`ulimit -Hn`) to {needed}"
        );
    }
}

/// Elsewhere the limit is left as it is.
#[cfg(not(target_os = "linux"))]
pub(crate) fn raise_open_files(_: usize) {}
