"""Part of the drill `revocation`: the issuer is away for longer than status lists are relied on."""

import threading
import time

from .cluster import USERS, wait_until
from .load import Load
from .changes import LIMIT_SECS, POLL_SECS

BEFORE_SECS = 2
# A replica that has no keys asks for them so often, at the least.
RETRY_SECS = 5


def run(report, cluster, nodes, max_stale):
    """Two replicas under load, one restarted with a copy on disk, one restarted without."""
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
        wait_until(lambda: replica.get("/dashboard", revoked).status == 401, 10, f"{replica.name} knows of the logout")
    # The copy is written after a poll with changes, so it contains that logout after this.
    wait_until(lambda: copy_has_lists(cluster.folder / "cache"), 10, "the copy on disk")
    time.sleep(POLL_SECS + 1)

    report.progress(f"the issuer is killed; status lists are relied on for {max_stale} s")
    tokens = cluster.folder / "good-token"
    tokens.write_text(good + "\n")
    safe = max_stale - POLL_SECS - 1
    loads = [
        Load(cluster, replica, "good_tokens.lua", BEFORE_SECS + safe, path="/admin", arguments=[tokens])
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
        "with a copy: a good token": (cached.get("/dashboard", good), 200, None),
        "with a copy: a revoked one": (cached.get("/dashboard", revoked), 401, "token_revoked"),
        "without a copy: a good token": (bare.get("/dashboard", good), 503, "keys_unavailable"),
        "without a copy: a revoked one": (bare.get("/dashboard", revoked), 503, "keys_unavailable"),
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

    report.progress("past the limit")
    past = [(replica, *facts) for replica in (*loaded, cached) for facts in (
        ("/admin", good, 503, "status_unavailable"),
        ("/profile", good, 503, "status_unavailable"),
        ("/dashboard", good, 200, None),
        ("/dashboard", revoked, 401, "token_revoked"),
    )]
    past += [(bare, "/dashboard", token, 503, "keys_unavailable") for token in (good, revoked)]
    wrong = []
    for replica, path, token, status, code in past:
        answer = replica.get(path, token)
        if (answer.status, answer.error) != (status, code):
            wrong.append(f"{replica.name} answers {path} with {answer.status} {answer.error} and not {status} {code}")

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
    report.figure("requests to /admin, issuer away or about to be", sum(load.sent for load in loads))
    report.figure("failed", sum(load.failed for load in loads))
    for name, (answer, _, _) in restarted.items():
        report.figure(f"restarted meanwhile {name}", f"{answer.status} {answer.error or ''}")
    for replica in loaded:
        age = f"lists were {ages[replica.name]:.0f} s old then"
        report.figure(f"{replica.name} opened /admin after the stop for", f"{ends[replica.name]:.1f} s; {age}")
    report.figure("past the limit", "/admin and /profile 503, /dashboard, which is set open, 200" if not wrong else "other")
    without_copy = backs.pop(bare.name)
    report.figure("back after the issuer was up", max(backs.values()), "s at most")
    report.figure("the one restarted without a copy", without_copy, "s")
    report.claim(f"all are answered for {safe} s without the issuer", sum(load.failed for load in loads) == 0)
    report.claim(
        "restarted, a replica with a copy goes on, and one without refuses everything",
        all((answer.status, answer.error) == (status, code) for answer, status, code in restarted.values()),
    )
    # Ages are counted in whole seconds.
    in_time = all(max_stale - ages[name] - 1 <= end <= max_stale - ages[name] + 2 for name, end in ends.items())
    report.claim("the limit is where the setting says", in_time)
    report.claim("after the limit each route follows its policy, and revoked tokens stay rejected", not wrong)
    report.claim(
        f"all are back within {LIMIT_SECS} s, the one that had nothing within {RETRY_SECS + 1} s",
        max(backs.values()) <= LIMIT_SECS and without_copy <= RETRY_SECS + 1 and not wrong_after,
    )


def copy_has_lists(folder):
    return any(folder.glob("status-lists-*.json"))


def until_closed(replica, token, stopped, ends):
    wait_until(lambda: replica.get("/admin", token).status == 503, 120, f"{replica.name} reaches the limit")
    ends[replica.name] = time.monotonic() - stopped


def until_open(replica, token, up, backs):
    wait_until(lambda: replica.get("/admin", token).status == 200, 60, f"{replica.name} is back")
    backs[replica.name] = time.monotonic() - up
