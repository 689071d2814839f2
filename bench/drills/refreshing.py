"""Part of the drill `revocation`: one refresh token used many times at once, used again later, and across kills."""

import base64
import collections
import concurrent.futures
import random
import threading
import time

from .cluster import USERS, DrillError
from .changes import LIMIT_SECS

AT_ONCE = 200
CLIENTS = 8


def generation(refresh_token):
    """Which of its session's refresh tokens it is: it says so, and is signed."""
    text = refresh_token.removeprefix("rt1.")
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[16:24], "big")


def all_at_once(report, nodes, replicas, rounds):
    """Many refreshes with one token, then with its successor, then once more with the first one."""
    report.progress(f"{AT_ONCE} refreshes at once with one token, {rounds} times")
    statuses, successors, unfit, ends = collections.Counter(), [], [], []
    admin = nodes[0].log_in()
    reused_before = audit_lines(nodes[0], admin)
    for _ in range(rounds):
        first = nodes[0].tokens(USERS[0])["refresh_token"]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            chosen = [nodes[number % len(nodes)] for number in range(AT_ONCE)]
            answers = list(pool.map(lambda node: until_answered(node, first), chosen))
        statuses.update(answer.status for answer in answers)
        second = {answer.json["refresh_token"] for answer in answers if answer.status == 200}
        successors.append(second)
        after = nodes[-1].refresh(second.copy().pop())
        if after.status != 200 or generation(after.json["refresh_token"]) != 3:
            unfit.append(f"the successor is answered {after.status} {after.body.decode()}")
            continue
        again = nodes[0].refresh(first)
        began = time.monotonic()
        newest = nodes[-1].refresh(after.json["refresh_token"])
        for what, answer in (("the first one, used again,", again), ("the newest", newest)):
            if (answer.status, answer.error) != (401, "token_revoked"):
                unfit.append(f"{what} is answered {answer.status} {answer.error}")
        for replica in replicas:
            while replica.get("/dashboard", after.json["access_token"]).status != 401 and time.monotonic() - began < 30:
                time.sleep(0.02)
        ends.append(time.monotonic() - began)
    lines = audit_lines(nodes[0], admin) - reused_before
    for problem in unfit[:5]:
        report.progress(problem)
    answered = ", ".join(f"{count:,} times {status}" for status, count in sorted(statuses.items()))
    report.figure(f"{AT_ONCE} refreshes at once with one token, {rounds} times", answered)
    report.figure("generations that they brought, each time", ", ".join(str(len(second)) for second in successors))
    report.figure("the first token used again: access tokens refused everywhere after", max(ends, default=0.0), "s at most")
    report.figure("audit lines refresh_token_reused", lines)
    one_each = all(len(second) == 1 and generation(next(iter(second))) == 2 for second in successors)
    report.claim(f"{AT_ONCE} refreshes with one token bring one generation, to each", one_each and set(statuses) == {200})
    report.claim("its successor works; the token itself, used again, ends the session", not unfit)
    report.claim(f"its access tokens are refused everywhere within {LIMIT_SECS} s", max(ends, default=0) <= LIMIT_SECS)
    report.claim("each time there is one line in the audit log", lines == rounds)


def audit_lines(node, admin):
    answer = node.get("/audit?action=refresh_token_reused&limit=1000", admin)
    if answer.status != 200:
        raise DrillError(f"the audit log is answered {answer.status} {answer.body.decode()}")
    return len(answer.json["events"])


def until_answered(node, refresh_token, seconds=25):
    """A client that tries again where there is no answer, or the service is busy."""
    began = time.monotonic()
    while True:
        answer = node.refresh(refresh_token, timeout=15)
        if answer.status not in (0, 503) or time.monotonic() - began > seconds:
            return answer
        time.sleep(0.05)


class Client:
    """Refreshes one token after another, and tries again with the same one where there is no answer."""

    def __init__(self, node):
        self.node, self.token = node, node.tokens(USERS[1])["refresh_token"]
        self.done = self.retried = 0
        self.refused = None

    def go_on(self, stopping):
        while not stopping.is_set():
            answer = self.node.refresh(self.token)
            if answer.status == 200:
                self.token, self.done = answer.json["refresh_token"], self.done + 1
            elif answer.status in (0, 503):
                self.retried += 1
                time.sleep(0.05)
            else:
                self.refused = f"{answer.status} {answer.body.decode()}"
                return


def killed(report, nodes, kills):
    """Nodes are killed in the middle of refreshes; nobody is logged out."""
    report.progress(f"{kills} times kill -9 in the middle of refreshes by {CLIENTS} clients")
    clients, stopping = [Client(nodes[number % len(nodes)]) for number in range(CLIENTS)], threading.Event()
    threads = [threading.Thread(target=client.go_on, args=(stopping,)) for client in clients]
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
    logged_in = [client for client in clients if until_answered(client.node, client.token).status == 200]
    for client in clients:
        if client.refused:
            report.progress(f"a client is refused: {client.refused}")
    report.figure("kills in the middle of refreshes", kills)
    report.figure("refreshes, and tries that had no answer", f"{total(clients, 'done'):,}, {total(clients, 'retried'):,}")
    report.figure("clients still logged in", f"{len(logged_in)} of {len(clients)}")
    report.claim("who tries again after a kill is still logged in", len(logged_in) == len(clients))


def total(clients, name):
    return sum(getattr(client, name) for client in clients)
