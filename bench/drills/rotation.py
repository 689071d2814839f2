"""Keys rotate under load: no valid token is rejected.

Three replicas serve GET /dashboard as fast as they can while keys rotate automatically and by command. Users keep logging
in, tokens of all keys that are still valid are in use, and each new token is sent to every replica immediately."""

import time

from .cluster import DrillError
from .load import Load
from .logins import Logins
from .report import Report

DATABASES = ["sqlite", "postgres"]


def add_arguments(command):
    command.add_argument("--seconds", type=int, default=60, help="duration of the load (default: 60)")
    command.add_argument("--rate", type=int, help="minimum total requests/s (default: 5000; quick: 500)")


def run(cluster, args):
    seconds, rotate_every, rotations, rate = (12, 4, 2, 500) if args.quick else (args.seconds, 10, 5, 5000)
    rate = args.rate or rate
    report = Report(f"rotation, {cluster.database}, {seconds} s")
    nodes, replicas = cluster.start(
        auth={
            "AUTH__KEYS__ROTATE_EVERY_SECS": rotate_every,
            "AUTH__KEYS__PUBLISH_AHEAD_SECS": 3 if args.quick else 4,
            "AUTH__TOKENS__ACCESS_TTL_SECS": 30,
        },
        resource={"RESOURCE__KEYS__REFRESH_SECS": 1},
    )
    with Logins(nodes, replicas) as logins:
        loads = [Load(cluster, replica, "valid_tokens.lua", seconds, arguments=[logins.path]) for replica in replicas]
        by_command = watch(report, nodes[0], loads, logins, [0.25 * seconds, 0.65 * seconds])
        for load in loads:
            load.wait()
    rejected = sum(load.rejected for load in loads)
    failed = sum(load.failed for load in loads)
    together = sum(load.rate for load in loads)
    report.figure("auth-service nodes, replicas", f"{len(nodes)}, {len(replicas)}")
    report.figure("requests sent", sum(load.sent for load in loads))
    report.figure("total requests/s", together)
    report.figure("rejected (status 400 and above)", rejected)
    report.figure("failed (rejected, or the connection broke)", failed)
    report.figure("p99 of the slowest replica", max(load.p99_ms for load in loads), "ms")
    report.figure("rotations", len(logins.kids) - 1)
    report.figure("of them by command", by_command)
    report.figure("logins", logins.done)
    report.figure("logins that failed", logins.failed)
    report.figure("first uses of a new token", logins.first_uses)
    report.figure("of them rejected", logins.first_uses_rejected)
    for problem in logins.problems:
        report.progress(problem)
    report.claim("no valid token is rejected, and no request fails", failed == 0 and logins.first_uses_rejected == 0)
    report.claim("every login works", logins.failed == 0)
    report.claim(f"keys rotated at least {rotations} times", len(logins.kids) > rotations)
    report.claim(f"at least {rate:,} total requests/s", together >= rate)
    return report.end()


def watch(report, node, loads, logins, command_moments):
    """Reports progress and rotates by command at these moments; returns how often that activated a key."""
    began, reported, by_command = time.monotonic(), 0, 0
    while not all(load.done for load in loads):
        passed = time.monotonic() - began
        if command_moments and passed >= command_moments[0]:
            command_moments.pop(0)
            by_command += rotate_by_command(report, node)
        if passed >= reported:
            reported += 5
            report.progress(f"{len(logins.kids)} keys so far, {len(logins.newest)} in use, {logins.done} logins")
        time.sleep(0.1)
    return by_command


def rotate_by_command(report, node):
    """`keys rotate`, then `keys activate` as soon as every replica holds the key; returns 1 if that activated it."""
    code, out, errors = node.command_line("keys", "rotate")
    report.progress(f"keys rotate: {(out or errors).strip().splitlines()[0]}")
    if code == 0 and "signs now" in out:
        return 1
    for _ in range(50):
        code, out, errors = node.command_line("keys", "activate")
        if code == 0:
            report.progress(f"keys activate: {out.strip()}")
            return 1
        if "there is no next key" in errors:
            report.progress("automatic rotation was faster than keys activate")
            return 0
        time.sleep(0.1)
    raise DrillError(f"keys activate: {errors.strip()}")
