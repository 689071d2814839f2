"""Part of the drill `revocation`: what the issuer is asked for while replicas answer protected requests."""

import collections
import math
import time

from .cluster import USERS
from .load import Load
from .changes import POLL_SECS

# Pauses between two polls are up to a tenth shorter, and a poll more may begin or end within the time.
JITTER = 0.9
# By a replica in a poll; nodes also answer whoever asks for their figures.
DOCUMENTS = {"/status-lists", "/status-lists/{id}"}
OURS = {"/metrics"}


def run(report, nodes, replicas, seconds):
    """The requests of a while with load beside those of the same while without."""
    path = nodes[0].cluster.folder / "one-token"
    path.write_text(nodes[0].log_in(USERS[0]) + "\n")
    report.progress(f"the issuer's requests are counted, {seconds} s without load and {seconds} s with it")
    before = counts(nodes)
    time.sleep(seconds)
    idle = counts(nodes) - before
    before = counts(nodes)
    loads = [Load(replica.cluster, replica, "good_tokens.lua", seconds, arguments=[path]) for replica in replicas]
    for load in loads:
        load.wait()
    loaded = counts(nodes) - before
    sent = sum(load.sent for load in loads)
    lists = int(replicas[0].figure("status_lists"))
    report.figure(f"protected requests in {seconds} s", sent)
    for route in sorted(idle | loaded):
        report.figure(f"the issuer's requests meanwhile, {route}", f"{loaded[route]}; without load {idle[route]}")
    polls = len(replicas) * (math.ceil(seconds / (JITTER * POLL_SECS)) + 1)
    allowed = {"/status-lists": polls, "/status-lists/{id}": polls * max(1, lists)}
    report.claim("all protected requests are answered", sum(load.failed for load in loads) == 0)
    report.claim(
        "of the status lists the issuer is asked for no more than the polls",
        all(0 < loaded[route] <= allowed[route] for route in DOCUMENTS),
    )
    others = sum(count for route, count in loaded.items() if route not in DOCUMENTS)
    # The key set and the metadata, by each replica, once a minute.
    report.claim("and of nothing else but the keys", others <= 2 * len(replicas) * math.ceil(seconds / 60))


def counts(nodes):
    """By route, the requests that all nodes have answered."""
    found = collections.Counter()
    for node in nodes:
        for labels, value in node.series("http_requests_total"):
            if labels["route"] not in OURS:
                found[labels["route"]] += int(value)
    return found
