//! Whether there is space left on a disk.

use std::path::Path;

use rustix::fs::statvfs;

use super::check::{Check, Status};

const NAME: &str = "disk";
const MIB: u64 = 1024 * 1024;

/// Checks the disk with the service's data in `folder`.
pub fn check_disk(folder: &Path) -> Check {
    let shown = folder.display();
    let found = match statvfs(folder) {
        Ok(found) => found,
        Err(error) => return Check::warning(NAME, format!("{shown}: {error}"), "Check the free space by hand."),
    };
    // What is left for users other than root.
    let (free, total) = (found.f_bavail.saturating_mul(found.f_frsize), found.f_blocks.saturating_mul(found.f_frsize));
    let detail = format!("{} MiB free of {} MiB at {shown}", free / MIB, total / MIB);
    match status(free, total) {
        Status::Ok => Check::ok(NAME, detail),
        status => Check::of(status, NAME, detail, "Free or add space: on a full disk, nothing can be written."),
    }
}

fn status(free: u64, total: u64) -> Status {
    match free {
        // Some virtual file systems report no size.
        _ if total == 0 => Status::Ok,
        _ if free < 100 * MIB => Status::Error,
        _ if free < 1024 * MIB || free < total / 20 => Status::Warning,
        _ => Status::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_space_is_a_warning_and_hardly_any_an_error() {
        for (free, total, expected) in [
            (1024, 20 * 1024, Status::Ok),
            (1023, 2048, Status::Warning),
            (2048, 41 * 1024, Status::Warning),
            (100, 200, Status::Warning),
            (99, 200, Status::Error),
            (0, 200, Status::Error),
            (0, 0, Status::Ok),
        ] {
            assert_eq!(status(free * MIB, total * MIB), expected, "{free} of {total}");
        }
    }
}
