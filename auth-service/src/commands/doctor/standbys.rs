//! Whether commits wait for a standby that is not there.

use service_kit::doctor::Check;

use crate::db::Standbys;

pub(super) fn check(standbys: &Standbys) -> Check {
    const NAME: &str = "standbys";
    let Standbys { names, connected, hidden } = standbys;
    if names.is_empty() {
        return Check::ok(NAME, "commits wait for none");
    }
    match (connected, hidden) {
        (0, 0) => Check::warning(
            NAME,
            format!("synchronous_standby_names is {names}, but no synchronous standby is connected"),
            "Start the standby or reset synchronous_standby_names: without it, no change is committed.",
        ),
        (0, _) => Check::ok(NAME, format!("{hidden} connected; only a user with pg_read_all_stats sees which")),
        _ => Check::ok(NAME, format!("{connected} synchronous standbys are connected")),
    }
}
