"""Part of the drill `revocation`: the time from a change to the first 401 of every replica."""

import itertools
import random
import statistics
import threading
import time

from .cluster import DrillError
from .load import Load
from .logins import Logins

# The default interval of polls, and the limit with a margin.
POLL_SECS = 2
LIMIT_SECS = POLL_SECS + 1
PASSWORD = "correct horse"
# Rotations take a while to reach all replicas, so there are fewer of them.
ROUNDS_PER_ROTATION = 4

numbers = itertools.count(1)


class Change:
    """A way to revoke tokens, and the time until each replica rejected them."""

    def __init__(self, name, code, act):
        self.name, self.code, self.act = name, code, act
        self.seconds, self.renewed = {}, []
        # Unexpected responses to the revoked token, and to its refresh token.
        self.problems, self.refresh_problems = [], []


def role(node, admin, name, _):
    return node.ask("PATCH", f"/users/{name}", admin, {"role": "user"})


def delete(node, admin, name, _):
    return node.ask("DELETE", f"/users/{name}", admin)


def log_out(node, _admin, _name, tokens):
    return node.ask("POST", "/logout", tokens["access_token"])


def log_out_everywhere(node, _admin, _name, tokens):
    return node.ask("POST", "/logout-all", tokens["access_token"])


def run(report, nodes, replicas, rounds):
    """Changes at random moments between two polls, while all replicas are under load."""
    changes = [
        Change("role change", "claims_stale", role),
        Change("logout", "token_revoked", log_out),
        Change("logout of all sessions", "token_revoked", log_out_everywhere),
        Change("deletion", "token_revoked", delete),
    ]
    rotated = [
        Change("key rotated, then logout", "token_revoked", log_out),
        Change("key rotated, then deletion", "token_revoked", delete),
    ]
    report.progress(f"{rounds} rounds of each change, under load")
    with Logins(nodes, pause=1) as logins:
        loads = [Load(replica.cluster, replica, "valid_tokens.lua", 3600, arguments=[logins.path]) for replica in replicas]
        for number in range(rounds):
            one_round(nodes, replicas, changes)
            if number % 5 == 4:
                report.progress(f"{number + 1} rounds")
    # No more logins from here on: the load continues with tokens of earlier keys.
    report.progress("the same right after a rotation of the keys")
    for _ in range(max(1, rounds // ROUNDS_PER_ROTATION)):
        one_round(nodes, replicas, rotated, before=rotate)
    for load in loads:
        load.stop()
    report_results(report, changes + rotated, replicas, loads)


def one_round(nodes, replicas, changes, before=None):
    """Each change once, each for another user and at another moment."""
    node = random.choice(nodes)
    admin = node.log_in()
    people = [new_admin(node, admin) for _ in changes]
    for (_, tokens), replica in itertools.product(people, replicas):
        response = replica.get("/admin", tokens["access_token"])
        if response.status != 200:
            raise DrillError(f"{replica.name} rejects a valid token: {response.status} {response.body.decode()}")
    if before:
        before(node, admin)
    threads = [
        threading.Thread(target=one_change, args=(random.choice(nodes), replicas, change, admin, name, tokens))
        for change, (name, tokens) in zip(changes, people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def new_admin(node, admin):
    """A new user with the role admin, and the tokens of a login."""
    name = f"ann_{next(numbers)}"
    response = node.post("/register", {"username": name, "password": PASSWORD, "role": "admin"}, admin)
    if response.status != 201:
        raise DrillError(f"{node.name} responds to a registration with {response.status} {response.body.decode()}")
    return name, node.tokens((name, PASSWORD))


def rotate(node, admin):
    response = node.post("/keys/rotate", {"force": True}, admin)
    if response.status != 200 or "current" not in response.json:
        raise DrillError(f"{node.name} failed to rotate: {response.status} {response.body.decode()}")


def one_change(node, replicas, change, admin, name, tokens):
    time.sleep(random.uniform(0, POLL_SECS))
    began = time.monotonic()
    watches = [
        threading.Thread(target=watch, args=(replica, change, tokens["access_token"], began)) for replica in replicas
    ]
    for thread in watches:
        thread.start()
    response = change.act(node, admin, name, tokens)
    if response.status not in (200, 204):
        change.problems.append(f"{node.name} responds with {response.status} {response.body.decode()}")
    elif change.code == "claims_stale":
        renew(node, replicas, change, tokens["refresh_token"])
    elif node.refresh(tokens["refresh_token"]).status != 401:
        change.refresh_problems.append("the refresh token still works")
    for thread in watches:
        thread.join()


def watch(replica, change, token, began):
    """Until the first 401, measured from sending the change."""
    while True:
        response = replica.get("/admin", token)
        passed = time.monotonic() - began
        if response.status == 401 or passed > 30:
            break
        if response.status != 200:
            change.problems.append(f"{replica.name} responds with {response.status} {response.body.decode()}")
        time.sleep(0.02)
    change.seconds.setdefault(replica.name, []).append(passed)
    if response.error != change.code:
        change.problems.append(f"{replica.name} responds with {response.status} {response.error}")


def renew(node, replicas, change, refresh_token):
    """The refresh returns a token with the new role, which every replica accepts immediately."""
    began = time.monotonic()
    response = node.refresh(refresh_token)
    if response.status != 200:
        change.refresh_problems.append(f"the refresh failed: {response.status} {response.body.decode()}")
        return
    for replica in replicas:
        token = response.json["access_token"]
        opened, closed = replica.get("/dashboard", token), replica.get("/admin", token)
        if (opened.status, closed.status) != (200, 403) or opened.json["role"] != "user":
            change.refresh_problems.append(f"{replica.name} responds to the renewed token with {opened.status}, {closed.status}")
    change.renewed.append(time.monotonic() - began)


def report_results(report, changes, replicas, loads):
    for change in changes:
        for replica in replicas:
            of_it = change.seconds[replica.name]
            figures = ", ".join(f"{of(of_it):.2f}" for of in (min, statistics.median, max))
            report.figure(f"{change.name}: rejected by {replica.name} after (min, median, max)", figures, f"s, {len(of_it)} times")
        if change.renewed:
            report.figure(f"{change.name}: refreshed, and accepted by all replicas, within", max(change.renewed), "s")
    report.figure("other requests at the same time", sum(load.sent for load in loads))
    report.figure("of them failed", sum(load.failed for load in loads))
    report.figure("total requests/s", sum(load.rate for load in loads))
    for change in changes:
        for problem in [*change.problems, *change.refresh_problems][:5]:
            report.progress(f"{change.name}: {problem}")
        slowest = max(max(of_it) for of_it in change.seconds.values())
        report.claim(
            f"{change.name}: rejected by all replicas within {LIMIT_SECS} s, with {change.code}",
            slowest <= LIMIT_SECS and not change.problems,
        )
        after = "returns a token that is valid immediately" if change.renewed else "no longer works"
        report.claim(f"{change.name}: the refresh token {after}", not change.refresh_problems)
    report.claim("no other token is rejected", sum(load.failed for load in loads) == 0)
