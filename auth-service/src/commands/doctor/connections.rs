//! Whether the server accepts as many connections as the nodes open.

use service_kit::doctor::Check;

use crate::config::SETTINGS;

/// What a node opens besides its pool, for background work.
const BESIDES: i64 = 4;

pub(super) fn check(accepted: i64, pool: u32) -> Check {
    const NAME: &str = "connections";
    let needed = i64::from(pool) + BESIDES;
    let remedy = || format!("Lower {}, or raise max_connections.", SETTINGS.variable("database.connections"));
    if needed > accepted {
        return Check::error(NAME, format!("a node opens {needed}, but the server accepts {accepted}"), remedy());
    }
    let nodes = accepted / needed;
    if nodes < 2 {
        // During an upgrade, the new node starts before the old one stops.
        let detail = format!("a node opens {needed} of the {accepted} that the server accepts: too few for two nodes");
        return Check::warning(NAME, detail, remedy());
    }
    Check::ok(
        NAME,
        format!("a node opens {needed} of the {accepted} that the server accepts: enough for {nodes} nodes"),
    )
}

#[cfg(test)]
mod tests {
    use service_kit::doctor::Status;

    use super::*;

    #[test]
    fn two_nodes_must_be_possible() {
        for (accepted, pool, expected) in [(97, 8, Status::Ok), (97, 45, Status::Warning), (97, 94, Status::Error)] {
            assert_eq!(check(accepted, pool).status, expected, "{pool} of {accepted}");
        }
    }
}
