//! Who can access a file.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// The folder of a file.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether anyone but the owner can access it; false if it does not exist.
pub fn is_open_to_others(path: &Path) -> bool {
    has_mode(path, 0o077)
}

/// Where Docker and Kubernetes mount secrets: readable for everybody in the container, in which nobody else is.
const MOUNTED: &str = "/run/secrets";

/// Whether all users of this machine can access a file with a secret. A group may be meant to.
pub(super) fn is_secret_of_all(path: &Path) -> bool {
    !path.starts_with(MOUNTED) && has_mode(path, 0o007)
}

/// Whether any of these bits is set.
pub(super) fn has_mode(path: &Path, bits: u32) -> bool {
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & bits != 0)
}
