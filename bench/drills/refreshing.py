"""Part of the drill `revocation`: a refresh token used many times concurrently, reused later, and used across kills."""

import base64
import collections
import concurrent.futures
import random
import threading
import time

from .cluster import USERS, DrillError
from .changes import LIMIT_SECS

CONCURRENT = 200
CLIENTS = 8


def generation(refresh_token):
    """The generation of a refresh token, which is part of it."""
    text = refresh_token.removeprefix("rt1.")
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[16:24], "big")


def concurrent_refreshes(report, nodes, replicas, rounds):
    """Many refreshes with one token, one with its successor, then another with the first token."""
    report.progress(f"{CONCURRENT} concurrent refreshes with one token, {rounds} times")
    statuses, successors, problems, ends = collections.Counter(), [], [], []
    admin = nodes[0].log_in()
    reused_before = audit_lines(nodes[0], admin)
    for _ in range(rounds):
        first = nodes[0].tokens(USERS[0])["refresh_token"]
        with concurrent.futures.ThreadPoolExecutor(CONCURRENT) as pool:
            chosen = [nodes[number % len(nodes)] for number in range(CONCURRENT)]
            responses = list(pool.map(lambda node: refresh_with_retries(node, first), chosen))
        statuses.update(response.status for response in responses)
        second = {response.json["refresh_token"] for response in responses if response.status == 200}
        successors.append(second)
        after = nodes[-1].refresh(second.copy().pop())
        if after.status != 200 or generation(after.json["refresh_token"]) != 3:
            problems.append(f"the successor gets {after.status} {after.body.decode()}")
            continue
        again = nodes[0].refresh(first)
        began = time.monotonic()
        newest = nodes[-1].refresh(after.json["refresh_token"])
        for what, response in (("the first token, reused,", again), ("the newest token", newest)):
            if (response.status, response.error) != (401, "token_revoked"):
                problems.append(f"{what} gets {response.status} {response.error}")
        for replica in replicas:
            while replica.get("/dashboard", after.json["access_token"]).status != 401 and time.monotonic() - began < 30:
                time.sleep(0.02)
        ends.append(time.monotonic() - began)
    lines = audit_lines(nodes[0], admin) - reused_before
    for problem in problems[:5]:
        report.progress(problem)
    counts = ", ".join(f"{count:,} with status {status}" for status, count in sorted(statuses.items()))
    report.figure(f"{CONCURRENT} concurrent refreshes with one token, {rounds} times", counts)
    report.figure("different successors, each time", ", ".join(str(len(second)) for second in successors))
    report.figure("reuse of the first token: access tokens rejected by all replicas after", max(ends, default=0.0), "s at most")
    report.figure("audit events refresh_token_reused", lines)
    one_each = all(len(second) == 1 and generation(next(iter(second))) == 2 for second in successors)
    report.claim(f"{CONCURRENT} refreshes with one token all return one successor", one_each and set(statuses) == {200})
    report.claim("the successor works; reuse of the token itself ends the session", not problems)
    report.claim(f"its access tokens are rejected by all replicas within {LIMIT_SECS} s", max(ends, default=0) <= LIMIT_SECS)
    report.claim("each time there is one event in the audit log", lines == rounds)


def audit_lines(node, admin):
    response = node.get("/audit?action=refresh_token_reused&limit=1000", admin)
    if response.status != 200:
        raise DrillError(f"GET /audit: {response.status} {response.body.decode()}")
    return len(response.json["events"])


def refresh_with_retries(node, refresh_token, seconds=25):
    """The response to a refresh, retried if there is none or the service is busy."""
    began = time.monotonic()
    while True:
        response = node.refresh(refresh_token, timeout=15)
        if response.status not in (0, 503) or time.monotonic() - began > seconds:
            return response
        time.sleep(0.05)


class Client:
    """Refreshes one token after another, retrying with the same one if there is no response."""

    def __init__(self, node):
        self.node, self.token = node, node.tokens(USERS[1])["refresh_token"]
        self.done = self.retried = 0
        self.rejected = None

    def run(self, stopping):
        while not stopping.is_set():
            response = self.node.refresh(self.token)
            if response.status == 200:
                self.token, self.done = response.json["refresh_token"], self.done + 1
            elif response.status in (0, 503):
                self.retried += 1
                time.sleep(0.05)
            else:
                self.rejected = f"{response.status} {response.body.decode()}"
                return


def killed(report, nodes, kills):
    """Nodes are killed during refreshes; nobody is logged out."""
    report.progress(f"{kills} times kill -9 during refreshes by {CLIENTS} clients")
    clients, stopping = [Client(nodes[number % len(nodes)]) for number in range(CLIENTS)], threading.Event()
    threads = [threading.Thread(target=client.run, args=(stopping,)) for client in clients]
    for thread in threads:
        thread.start()
    for number in range(kills):
        time.sleep(random.uniform(0.1, 0.6))
        node = nodes[number % len(nodes)]
        node.kill()
        node.start_and_wait()
    stopping.set()
    for thread in threads:
        thread.join()
    logged_in = [client for client in clients if refresh_with_retries(client.node, client.token).status == 200]
    for client in clients:
        if client.rejected:
            report.progress(f"a client is rejected: {client.rejected}")
    report.figure("kills during refreshes", kills)
    report.figure("refreshes, and attempts without a response", f"{total(clients, 'done'):,}, {total(clients, 'retried'):,}")
    report.figure("clients still logged in", f"{len(logged_in)} of {len(clients)}")
    report.claim("clients that retry after a kill are still logged in", len(logged_in) == len(clients))


def total(clients, name):
    return sum(getattr(client, name) for client in clients)
