"""A key is withdrawn: all replicas reject its tokens within a refresh interval, and new logins work."""

import threading
import time

from .cluster import USERS, DrillError, kid
from .report import Report

DATABASES = ["sqlite", "postgres"]
# Nodes check for changes of commands and other nodes about once a second.
NODE_SECS = 1.2


def add_arguments(_):
    pass


def run(cluster, args):
    refresh, rounds = (2, 1) if args.quick else (5, 3)
    report = Report(f"withdraw, {cluster.database}, keys are refreshed every {refresh} s")
    nodes, replicas = cluster.start(resource={"RESOURCE__KEYS__REFRESH_SECS": refresh})
    first = nodes[0]
    slowest = {}
    for _ in range(rounds):
        for way, withdraw in (("route", by_route), ("command", by_command)):
            for immediate_logins in (False, True):
                figures = one_withdrawal(first, replicas, withdraw, immediate_logins)
                busy = "with" if immediate_logins else "without"
                old, new, bad = figures
                report.progress(f"by {way}, {busy} logins: old tokens rejected after {old:.2f} s, "
                                f"new logins accepted after {new:.2f} s, {bad} rejected before")
                before = slowest.get((way, busy), (0, 0, 0))
                slowest[way, busy] = tuple(map(max, before, figures))
    for (way, busy), (old, new, bad) in slowest.items():
        report.figure(f"by {way}, {busy} logins: old tokens rejected by all replicas after", old, "s at most")
        if busy == "with":
            report.figure(f"by {way}: new logins accepted by all replicas after", new, "s at most")
            report.figure(f"by {way}: new logins rejected before", bad)
    routes = [figures for (way, _), figures in slowest.items() if way == "route"]
    commands = [figures for (way, _), figures in slowest.items() if way == "command"]
    look = NODE_SECS if len(nodes) > 1 else 0
    report.claim(
        f"by route, old tokens are rejected by all replicas within {refresh + look:g} s",
        all(old <= refresh + look for old, _, _ in routes),
    )
    report.claim(
        f"by command, within {refresh + NODE_SECS:g} s", all(old <= refresh + NODE_SECS for old, _, _ in commands)
    )
    if len(nodes) == 1:
        report.claim("by route, no token of a new login is rejected", all(bad == 0 for _, _, bad in routes))
    report.claim("either way, new logins are accepted by all replicas within 2.5 s", all(new <= 2.5 for _, new, _ in slowest.values()))
    return report.end()


def by_route(node, key, admin):
    response = node.post(f"/keys/{key}/withdraw", {}, admin)
    if response.status != 200:
        raise DrillError(f"withdraw: {response.status} {response.body.decode()}")


def by_command(node, key, _):
    code, _, errors = node.command_line("keys", "withdraw", key)
    if code != 0:
        raise DrillError(f"keys withdraw: {errors.strip()}")


def one_withdrawal(node, replicas, withdraw, immediate_logins):
    """The seconds until all replicas reject old tokens and until they accept new logins, and the number of rejected logins
    before."""
    admin = node.log_in()
    for replica in replicas:
        accepted_within(replica, admin, 5)
    withdraw(node, kid(admin), admin)
    began, ends = time.monotonic(), {}
    threads = [threading.Thread(target=until_rejected, args=(replica, admin, began, ends)) for replica in replicas]
    for thread in threads:
        thread.start()
    new = bad = 0
    if immediate_logins:
        new, bad = until_new_logins_are_accepted(node, replicas, began, kid(admin))
    for thread in threads:
        thread.join()
    return max(ends.values()), new, bad


def until_rejected(replica, token, began, ends):
    """Measures until the first rejected request was sent, since a replica may fetch the keys before it rejects."""
    while True:
        ends[replica.name] = time.monotonic() - began
        if replica.get("/dashboard", token).status == 401 or ends[replica.name] > 60:
            break
        time.sleep(0.02)


def until_new_logins_are_accepted(node, replicas, began, withdrawn):
    """The seconds it takes, and the number of logins before whose token has the withdrawn key or is rejected."""
    bad = 0
    while time.monotonic() - began < 30:
        token = node.log_in(USERS[0])
        if kid(token) != withdrawn and all(replica.get("/dashboard", token).status == 200 for replica in replicas):
            return time.monotonic() - began, bad
        bad += 1
        time.sleep(0.02)
    return float("inf"), bad


def accepted_within(replica, token, seconds):
    began = time.monotonic()
    while replica.get("/dashboard", token).status != 200:
        if time.monotonic() - began > seconds:
            raise DrillError(f"{replica.name} does not accept a valid token")
        time.sleep(0.05)
