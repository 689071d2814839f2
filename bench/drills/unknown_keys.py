"""A flood of invented key ids: few fetches from the issuer, valid tokens are accepted, and a real new key is found quickly."""

import time

from .cluster import USERS, kid
from .load import Load
from .logins import Logins
from .report import Report

DATABASES = ["sqlite"]
# How often a replica may fetch during half a minute of flood.
MAX_FETCHES = 8


def add_arguments(command):
    command.add_argument("--seconds", type=int, default=30, help="duration of the flood (default: 30)")
    command.add_argument("--rate", type=int, help="minimum invented key ids per second (default: 10000; quick: 500)")


def run(cluster, args):
    seconds, rate = (5, 500) if args.quick else (args.seconds, 10_000)
    rate = args.rate or rate
    report = Report(f"unknown-keys, {seconds} s")
    [node], [replica] = cluster.start(replicas=1)
    admin = node.log_in()
    with Logins([node], pause=1) as logins:
        fetched_before, missed_before = node.jwks_fetches(), replica.figure("key_set_misses_total")
        invented = Load(
            cluster, replica, "unknown_keys.lua", seconds, connections=64, threads=2, arguments=[admin.split(".")[1]]
        )
        # About a thousand per second, so that most of the machine is left to the flood.
        valid = Load(cluster, replica, "valid_tokens.lua", seconds, connections=6, arguments=[logins.path, 5])
        while not invented.done:
            time.sleep(min(5, seconds))
            report.progress(f"{node.jwks_fetches() - fetched_before} fetches so far")
        invented.wait(), valid.wait()
    fetched = node.jwks_fetches() - fetched_before
    missed = int(replica.figure("key_set_misses_total") - missed_before)

    report.progress("immediately afterwards a forced rotation")
    response = node.post("/keys/rotate", {"force": True}, admin)
    rotated, rotated_rejections = until_accepted(node, replica, response.json["current"])
    report.progress("and the withdrawal of the new key")
    response = node.post(f"/keys/{response.json['current']}/withdraw", {}, node.log_in())
    withdrawn, withdrawn_rejections = until_accepted(node, replica, response.json["current"])

    report.figure("invented key ids sent", invented.sent)
    report.figure("invented key ids per second", invented.rate)
    report.figure("of them rejected", invented.rejected)
    report.figure("key ids that the replica missed", missed)
    report.figure("their p99", invented.p99_ms, "ms")
    report.figure("fetches from the issuer", fetched)
    report.figure("valid tokens sent at the same time", valid.sent)
    report.figure("of them failed", valid.failed)
    report.figure("their p99", valid.p99_ms, "ms")
    report.figure("new key after a forced rotation accepted after", f"{rotated:.2f} s, {rotated_rejections} rejections")
    report.figure("new key after a withdrawal accepted after", f"{withdrawn:.2f} s, {withdrawn_rejections} rejections")
    report.claim(f"at least {rate:,} invented key ids per second", invented.rate >= rate)
    report.claim("each of them is rejected", invented.rejected == invented.sent == invented.failed)
    report.claim(f"they cause at most {MAX_FETCHES} fetches", fetched <= MAX_FETCHES)
    report.claim("all valid tokens are accepted at the same time", valid.failed == 0 and logins.failed == 0)
    report.claim("immediately afterwards a real new key is accepted within 2 s", max(rotated, withdrawn) <= 2)
    return report.end()


def until_accepted(node, replica, new_kid):
    """The seconds until a token of this key is accepted, and how often one is rejected before."""
    began, rejections = time.monotonic(), 0
    while time.monotonic() - began < 10:
        token = node.log_in(USERS[0])
        if kid(token) != new_kid:
            time.sleep(0.02)
            continue
        while time.monotonic() - began < 10:
            if replica.get("/dashboard", token).status == 200:
                return time.monotonic() - began, rejections
            rejections += 1
            time.sleep(0.02)
    return float("inf"), rejections
