//! The files that secrets are read from.

use std::path::Path;

use super::{check::Check, file_access::is_secret_of_all};
use crate::{
    setting_origins::{SettingOrigin, SettingOrigins},
    settings::SettingsSpec,
};

/// Whether all users of this machine can read one.
pub fn check_secret_files(spec: &SettingsSpec, origins: &SettingOrigins) -> Check {
    const NAME: &str = "secret files";
    let files = spec.secrets.iter().filter_map(|key| match origins.of(key) {
        SettingOrigin::File { path } | SettingOrigin::SecretFile { path, .. } => Some(Path::new(path)),
        SettingOrigin::Default | SettingOrigin::Environment { .. } => None,
    });
    let mut open: Vec<_> = files.filter(|path| is_secret_of_all(path)).collect();
    open.sort_unstable();
    open.dedup();
    if open.is_empty() {
        return Check::ok(NAME, "other users cannot access any");
    }
    let names: Vec<_> = open.iter().map(|path| path.display().to_string()).collect();
    let remedies: Vec<_> = open.iter().map(|path| format!("chmod 600 '{}'", path.display())).collect();
    Check::warning(NAME, format!("other users can access {}", names.join(", ")), remedies.join(" && "))
}
