"""Part of the drill `revocation`: the requests that the issuer gets while replicas serve protected routes."""

import collections
import math
import time

from .cluster import USERS
from .load import Load
from .changes import POLL_SECS

# Poll intervals are up to a tenth shorter, and one more poll may begin or end within the time.
JITTER = 0.9
# Requested by replicas in a poll, and by this drill.
DOCUMENTS = {"/status-lists", "/status-lists/{id}"}
OURS = {"/metrics"}


def run(report, nodes, replicas, seconds):
    """Compares the issuer's requests with load and without."""
    path = nodes[0].cluster.folder / "one-token"
    path.write_text(nodes[0].log_in(USERS[0]) + "\n")
    report.progress(f"counting the issuer's requests, {seconds} s without load and {seconds} s with it")
    before = counts(nodes)
    time.sleep(seconds)
    idle = counts(nodes) - before
    before = counts(nodes)
    loads = [Load(replica.cluster, replica, "valid_tokens.lua", seconds, arguments=[path]) for replica in replicas]
    for load in loads:
        load.wait()
    loaded = counts(nodes) - before
    sent = sum(load.sent for load in loads)
    lists = int(replicas[0].figure("status_lists"))
    report.figure(f"protected requests in {seconds} s", sent)
    for route in sorted(idle | loaded):
        report.figure(f"requests to the issuer at the same time, {route}", f"{loaded[route]}; without load {idle[route]}")
    polls = len(replicas) * (math.ceil(seconds / (JITTER * POLL_SECS)) + 1)
    allowed = {"/status-lists": polls, "/status-lists/{id}": polls * max(1, lists)}
    report.claim("all protected requests succeed", sum(load.failed for load in loads) == 0)
    report.claim(
        "the issuer gets no requests for status lists except the polls",
        all(0 < loaded[route] <= allowed[route] for route in DOCUMENTS),
    )
    others = sum(count for route, count in loaded.items() if route not in DOCUMENTS)
    # The key set and the metadata, by each replica, once a minute.
    report.claim("and no others except for the keys", others <= 2 * len(replicas) * math.ceil(seconds / 60))


def counts(nodes):
    """The number of requests to all nodes, by route."""
    found = collections.Counter()
    for node in nodes:
        for labels, value in node.series("http_requests_total"):
            if labels["route"] not in OURS:
                found[labels["route"]] += int(value)
    return found
