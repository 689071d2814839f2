"""Part of the drill `revocation`: the issuer is down for longer than status lists are trusted."""

import threading
import time

from .cluster import USERS, wait_until
from .load import Load
from .changes import LIMIT_SECS, POLL_SECS

BEFORE_SECS = 2
# A replica without keys retries at least this often.
RETRY_SECS = 5


def run(report, cluster, nodes, max_stale):
    """Two replicas under load, one restarted with a disk copy, one restarted without."""
    settings = {
        "RESOURCE__REVOCATION__POLL_SECS": POLL_SECS,
        "RESOURCE__REVOCATION__MAX_STALE_SECS": max_stale,
        "RESOURCE__REVOCATION__ROUTES": "/dashboard=open",
    }
    replicas = [cluster.replica(number, nodes[number % len(nodes)], **settings) for number in (4, 5, 6, 7)]
    loaded, cached, bare = replicas[:2], replicas[2], replicas[3]
    cached.environment["RESOURCE__CACHE_DIR"] = str(cluster.folder / "cache")
    for replica in replicas:
        replica.start_and_wait()
    good, revoked = nodes[0].log_in(), nodes[0].log_in(USERS[0])
    nodes[0].post("/logout", None, revoked)
    for replica in replicas:
        wait_until(lambda: replica.get("/dashboard", revoked).status == 401, 10, f"{replica.name} learns of the logout")
    # The copy is written after a poll with changes, so afterwards it contains that logout.
    wait_until(lambda: copy_has_lists(cluster.folder / "cache"), 10, "the disk copy")
    time.sleep(POLL_SECS + 1)

    report.progress(f"the issuer is killed; status lists are trusted for {max_stale} s")
    tokens = cluster.folder / "valid-token"
    tokens.write_text(good + "\n")
    safe = max_stale - POLL_SECS - 1
    loads = [
        Load(cluster, replica, "valid_tokens.lua", BEFORE_SECS + safe, path="/admin", arguments=[tokens])
        for replica in loaded
    ]
    time.sleep(BEFORE_SECS)
    for node in nodes:
        node.kill()
    stopped = time.monotonic()
    ages = {replica.name: replica.figure("status_list_age_seconds") for replica in loaded}
    for replica in (cached, bare):
        replica.stop()
        replica.start()
    wait_until(lambda: cached.get("/health/live").status == bare.get("/health/live").status == 200, 10, "live")
    restarted = {
        "with a copy: a valid token": (cached.get("/dashboard", good), 200, None),
        "with a copy: a revoked token": (cached.get("/dashboard", revoked), 401, "token_revoked"),
        "without a copy: a valid token": (bare.get("/dashboard", good), 503, "keys_unavailable"),
        "without a copy: a revoked token": (bare.get("/dashboard", revoked), 503, "keys_unavailable"),
    }
    for load in loads:
        load.wait()
    ends = {}
    threads = [threading.Thread(target=until_closed, args=(replica, good, stopped, ends)) for replica in loaded]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: cached.get("/admin", good).status == 503, max_stale, "the copy is too old")

    report.progress("after the limit")
    past = [(replica, *facts) for replica in (*loaded, cached) for facts in (
        ("/admin", good, 503, "status_unavailable"),
        ("/profile", good, 503, "status_unavailable"),
        ("/dashboard", good, 200, None),
        ("/dashboard", revoked, 401, "token_revoked"),
    )]
    past += [(bare, "/dashboard", token, 503, "keys_unavailable") for token in (good, revoked)]
    wrong = []
    for replica, path, token, status, code in past:
        response = replica.get(path, token)
        if (response.status, response.error) != (status, code):
            wrong.append(f"{replica.name} responds to {path} with {response.status} {response.error}, not {status} {code}")

    report.progress("the issuer starts again")
    for node in nodes:
        node.start_and_wait()
    up, backs = time.monotonic(), {}
    threads = [threading.Thread(target=until_open, args=(replica, good, up, backs)) for replica in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong_after = [replica.name for replica in replicas if replica.get("/dashboard", revoked).error != "token_revoked"]

    for problem in wrong:
        report.progress(problem)
    report.figure("requests to /admin, shortly before the outage and during it", sum(load.sent for load in loads))
    report.figure("failed", sum(load.failed for load in loads))
    for name, (response, _, _) in restarted.items():
        report.figure(f"restarted during the outage {name}", f"{response.status} {response.error or ''}")
    for replica in loaded:
        age = f"lists were {ages[replica.name]:.0f} s old then"
        report.figure(f"{replica.name} served /admin after the kill for", f"{ends[replica.name]:.1f} s; {age}")
    report.figure("after the limit", "/admin and /profile 503, /dashboard, which is set to open, 200" if not wrong else "other")
    without_copy = backs.pop(bare.name)
    report.figure("recovered after the issuer was up", max(backs.values()), "s at most")
    report.figure("the one restarted without a copy", without_copy, "s")
    report.claim(f"all requests succeed for {safe} s without the issuer", sum(load.failed for load in loads) == 0)
    report.claim(
        "after a restart, a replica with a copy keeps serving, and one without rejects everything",
        all((response.status, response.error) == (status, code) for response, status, code in restarted.values()),
    )
    # Ages are counted in whole seconds.
    in_time = all(max_stale - ages[name] - 1 <= end <= max_stale - ages[name] + 2 for name, end in ends.items())
    report.claim("the limit is that of the setting", in_time)
    report.claim("after the limit each route follows its policy, and revoked tokens stay rejected", not wrong)
    report.claim(
        f"all recover within {LIMIT_SECS} s, the one without a copy within {RETRY_SECS + 1} s",
        max(backs.values()) <= LIMIT_SECS and without_copy <= RETRY_SECS + 1 and not wrong_after,
    )


def copy_has_lists(folder):
    return any(folder.glob("status-lists-*.json"))


def until_closed(replica, token, stopped, ends):
    wait_until(lambda: replica.get("/admin", token).status == 503, 120, f"{replica.name} reaches the limit")
    ends[replica.name] = time.monotonic() - stopped


def until_open(replica, token, up, backs):
    wait_until(lambda: replica.get("/admin", token).status == 200, 60, f"{replica.name} recovers")
    backs[replica.name] = time.monotonic() - up
