"""A key is withdrawn: its tokens are refused everywhere within a refresh interval, new logins are good at once."""

import threading
import time

from .cluster import USERS, DrillError, kid
from .report import Report

DATABASES = ["sqlite", "postgres"]
# Nodes look once a second or so for what a command, or another node, has changed.
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
                report.progress(f"by {way}, {busy} logins: old tokens refused after {old:.2f} s, "
                                f"new logins good after {new:.2f} s, {bad} bad ones before")
                before = slowest.get((way, busy), (0, 0, 0))
                slowest[way, busy] = tuple(map(max, before, figures))
    for (way, busy), (old, new, bad) in slowest.items():
        report.figure(f"by {way}, {busy} logins: old tokens refused everywhere after", old, "s at most")
        if busy == "with":
            report.figure(f"by {way}: new logins good everywhere after", new, "s at most")
            report.figure(f"by {way}: new logins that were not, before", bad)
    routes = [figures for (way, _), figures in slowest.items() if way == "route"]
    commands = [figures for (way, _), figures in slowest.items() if way == "command"]
    look = NODE_SECS if len(nodes) > 1 else 0
    report.claim(
        f"by route, old tokens are refused everywhere within {refresh + look:g} s",
        all(old <= refresh + look for old, _, _ in routes),
    )
    report.claim(
        f"by command, within {refresh + NODE_SECS:g} s", all(old <= refresh + NODE_SECS for old, _, _ in commands)
    )
    if len(nodes) == 1:
        report.claim("by route, no token of a new login is refused", all(bad == 0 for _, _, bad in routes))
    report.claim("by either, new logins are good everywhere within 2.5 s", all(new <= 2.5 for _, new, _ in slowest.values()))
    return report.end()


def by_route(node, key, admin):
    answer = node.post(f"/keys/{key}/withdraw", {}, admin)
    if answer.status != 200:
        raise DrillError(f"withdraw: {answer.status} {answer.body.decode()}")


def by_command(node, key, _):
    code, _, errors = node.command_line("keys", "withdraw", key)
    if code != 0:
        raise DrillError(f"keys withdraw: {errors.strip()}")


def one_withdrawal(node, replicas, withdraw, immediate_logins):
    """After how many seconds old tokens were refused everywhere, and new logins were good everywhere, and how many were
    not before."""
    admin = node.log_in()
    for replica in replicas:
        accepted_within(replica, admin, 5)
    withdraw(node, kid(admin), admin)
    began, ends = time.monotonic(), {}
    threads = [threading.Thread(target=until_refused, args=(replica, admin, began, ends)) for replica in replicas]
    for thread in threads:
        thread.start()
    new = bad = 0
    if immediate_logins:
        new, bad = until_new_logins_are_accepted(node, replicas, began, kid(admin))
    for thread in threads:
        thread.join()
    return max(ends.values()), new, bad


def until_refused(replica, token, began, ends):
    """Counted is when the first request that is refused was sent: a replica may look for the key before it refuses."""
    while True:
        ends[replica.name] = time.monotonic() - began
        if replica.get("/dashboard", token).status == 401 or ends[replica.name] > 60:
            break
        time.sleep(0.02)


def until_new_logins_are_accepted(node, replicas, began, withdrawn):
    """After how many seconds, and how many logins before were not: their token is still of the withdrawn key, or a
    replica refuses it."""
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
            raise DrillError(f"{replica.name} does not accept a good token")
        time.sleep(0.05)
