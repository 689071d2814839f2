"""A flood of invented key ids: hardly a fetch at the issuer, good tokens pass, and a real new key is found at once."""

import time

from .cluster import USERS, kid
from .load import Load
from .logins import Logins
from .report import Report

DATABASES = ["sqlite"]
# What a replica may ask for in half a minute of flood.
HANDFUL = 8


def add_arguments(command):
    command.add_argument("--seconds", type=int, default=30, help="how long (default: 30)")
    command.add_argument("--rate", type=int, help="invented key ids a second to reach (default: 10000; quick: 500)")


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
        # About a thousand a second, so that most of the machine is left to the flood.
        good = Load(cluster, replica, "good_tokens.lua", seconds, connections=6, arguments=[logins.path, 5])
        while not invented.done:
            time.sleep(min(5, seconds))
            report.progress(f"{node.jwks_fetches() - fetched_before} fetches so far")
        invented.wait(), good.wait()
    fetched = node.jwks_fetches() - fetched_before
    missed = int(replica.figure("key_set_misses_total") - missed_before)

    report.progress("at once a forced rotation")
    answer = node.post("/keys/rotate", {"force": True}, admin)
    rotated, rotated_refusals = until_accepted(node, replica, answer.json["current"])
    report.progress("and the withdrawal of the new key")
    answer = node.post(f"/keys/{answer.json['current']}/withdraw", {}, node.log_in())
    withdrawn, withdrawn_refusals = until_accepted(node, replica, answer.json["current"])

    report.figure("invented key ids sent", invented.sent)
    report.figure("invented key ids a second", invented.rate)
    report.figure("of them refused", invented.refused)
    report.figure("key ids that the replica missed", missed)
    report.figure("their p99", invented.p99_ms, "ms")
    report.figure("fetches at the issuer", fetched)
    report.figure("good tokens sent meanwhile", good.sent)
    report.figure("of them failed", good.failed)
    report.figure("their p99", good.p99_ms, "ms")
    report.figure("new key after a forced rotation accepted after", f"{rotated:.2f} s, {rotated_refusals} refusals")
    report.figure("new key after a withdrawal accepted after", f"{withdrawn:.2f} s, {withdrawn_refusals} refusals")
    report.claim(f"at least {rate:,} invented key ids a second", invented.rate >= rate)
    report.claim("each of them is refused", invented.refused == invented.sent == invented.failed)
    report.claim(f"they cost at most {HANDFUL} fetches", fetched <= HANDFUL)
    report.claim("good tokens are all accepted meanwhile", good.failed == 0 and logins.failed == 0)
    report.claim("a real new key is accepted within 2 s right afterwards", max(rotated, withdrawn) <= 2)
    return report.end()


def until_accepted(node, replica, new_kid):
    """How long it takes from the answer on until a token of that key is accepted, and how often it is refused."""
    began, refusals = time.monotonic(), 0
    while time.monotonic() - began < 10:
        token = node.log_in(USERS[0])
        if kid(token) != new_kid:
            time.sleep(0.02)
            continue
        while time.monotonic() - began < 10:
            if replica.get("/dashboard", token).status == 200:
                return time.monotonic() - began, refusals
            refusals += 1
            time.sleep(0.02)
    return float("inf"), refusals
