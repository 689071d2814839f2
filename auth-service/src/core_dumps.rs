//! Core dumps, which would contain keys and passwords.

/// Keeps the system from writing the memory of this process to a file if it crashes. Debuggers and profilers still work.
#[cfg(target_os = "linux")]
pub fn disable_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // A limit can always be lowered.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Elsewhere the operator does.
#[cfg(not(target_os = "linux"))]
pub fn disable_core_dumps() {}
