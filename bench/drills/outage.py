"""The issuer stops under load: replicas keep serving until their limit, and recover automatically."""

import threading
import time

from .cluster import wait_until
from .load import Load
from .logins import Logins
from .report import Report

DATABASES = ["sqlite"]
BEFORE_SECS = 3


def add_arguments(_):
    pass


def run(cluster, args):
    max_stale, refresh = (6, 1) if args.quick else (20, 2)
    report = Report(f"outage, keys are trusted for {max_stale} s, refreshed every {refresh} s")
    # Status lists have their own limit, which the drill `revocation` tests. Here it is beyond that of the keys.
    settings = {
        "RESOURCE__KEYS__REFRESH_SECS": refresh,
        "RESOURCE__KEYS__MAX_STALE_SECS": max_stale,
        "RESOURCE__REVOCATION__POLL_SECS": refresh,
        "RESOURCE__REVOCATION__MAX_STALE_SECS": 10 * max_stale,
        "RESOURCE__REVOCATION__ON_STALE": "closed",
    }
    [node], [] = cluster.start(replicas=0)
    replicas = [cluster.replica(number, node, **settings) for number in (1, 2, 3, 4)]
    loaded, cached, bare = replicas[:2], replicas[2], replicas[3]
    cached.environment["RESOURCE__CACHE_DIR"] = str(cluster.folder / "cache")
    for replica in replicas:
        replica.start_and_wait()
    with Logins([node], pause=1) as logins:
        time.sleep(0.1)
    token = next(iter(logins.newest.values()))

    # Keys were confirmed at most one refresh before the issuer stops, so for this long every request must succeed.
    safe = max_stale - refresh
    loads = [
        Load(cluster, replica, "valid_tokens.lua", BEFORE_SECS + safe - 1, arguments=[logins.path])
        for replica in loaded
    ]
    time.sleep(BEFORE_SECS)
    node.kill()
    stopped = time.monotonic()
    report.progress("the issuer is stopped; two replicas are restarted")
    ages = {replica.name: replica.figure("key_set_age_seconds") for replica in replicas}
    for replica in (cached, bare):
        replica.stop()
        replica.start()
    wait_until(lambda: cached.get("/health/live").status == bare.get("/health/live").status == 200, 10, "live")
    with_copy, without = cached.get("/dashboard", token), bare.get("/dashboard", token)
    restarted_after = time.monotonic() - stopped
    restarted_load = Load(
        cluster, cached, "valid_tokens.lua", int(safe - 1 - restarted_after), arguments=[logins.path]
    )
    report.progress(f"restarted with a disk copy: {with_copy.status}; without: {without.status} {without.error}")
    report.progress("the load continues until shortly before the limit")
    for load in [*loads, restarted_load]:
        load.wait()

    report.progress("waiting for the limit")
    ends = {}
    threads = [threading.Thread(target=until_rejected, args=(replica, token, stopped, ends)) for replica in replicas[:3]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.5)
    responses = [replica.get("/dashboard", token) for replica in replicas]
    ready = [replica.get("/health/ready") for replica in replicas]
    # Wait until the retry delays have reached their maximum.
    time.sleep(2 * refresh)

    report.progress("the issuer starts again")
    node.start_and_wait()
    up = time.monotonic()
    backs = {}
    threads = [threading.Thread(target=until_accepted, args=(replica, token, up, backs)) for replica in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    failed, rejected = sum(load.failed for load in loads), sum(load.rejected for load in loads)
    report.figure("requests sent to 2 replicas during the outage", sum(load.sent for load in loads))
    report.figure("failed", failed)
    report.figure("p99 of the slower one", max(load.p99_ms for load in loads), "ms")
    report.figure("requests sent to the one restarted with a disk copy", restarted_load.sent)
    report.figure("failed there", restarted_load.failed)
    report.figure("restarted without a disk copy", f"{without.status} {without.error}")
    for replica in replicas[:3]:
        age = f"keys were {ages[replica.name]:.0f} s old then"
        report.figure(f"{replica.name} kept serving after the kill for", f"{ends[replica.name]:.1f} s; {age}")
    report.figure("after the limit", ", ".join(f"{response.status} {response.error}" for response in responses))
    report.figure("recovered after the issuer was up", max(backs.values()), "s at most")
    report.claim(f"all requests succeed for {safe} s without the issuer", failed == rejected == 0)
    report.claim("a replica restarted with a disk copy serves", with_copy.status == 200 and restarted_load.failed == 0)
    report.claim("a replica restarted without one responds with 503", (without.status, without.error) == (503, "keys_unavailable"))
    # Ages are counted in whole seconds.
    in_time = all(max_stale - ages[name] - 1 <= end <= max_stale - ages[name] + 2 for name, end in ends.items())
    report.claim("the limit is that of the setting", in_time)
    report.claim(
        "after it all respond with 503 keys_unavailable and are not ready",
        all((response.status, response.error) == (503, "keys_unavailable") for response in responses)
        and all(response.status == 503 for response in ready),
    )
    report.claim("all recover within a refresh interval", max(backs.values()) <= refresh)
    return report.end()


def until_rejected(replica, token, stopped, ends):
    wait_until(lambda: replica.get("/dashboard", token).status != 200, 120, f"{replica.name} reaches the limit")
    ends[replica.name] = time.monotonic() - stopped


def until_accepted(replica, token, up, backs):
    wait_until(lambda: replica.get("/dashboard", token).status == 200, 60, f"{replica.name} recovers")
    backs[replica.name] = time.monotonic() - up
