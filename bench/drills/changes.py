"""Part of the drill `revocation`: the time from a change to the first 401 of every replica."""

import itertools
import random
import statistics
import threading
import time

from .cluster import ADMIN, DrillError
from .load import Load
from .logins import Logins

# The default interval of polls, and the limit with a margin.
POLL_SECS = 2
LIMIT_SECS = POLL_SECS + 1
PASSWORD = "correct horse"
# Rotations take a while to take effect everywhere, so there are fewer of them.
ROUNDS_PER_ROTATION = 4

numbers = itertools.count(1)


class Change:
    """A way to revoke tokens, and the time until each replica rejected them."""

    def __init__(self, name, code, act):
        self.name, self.code, self.act = name, code, act
        self.seconds, self.renewed = {}, []
        # What was wrong with refusals, and with what the refresh token then brought.
        self.problems, self.unfit_refreshes = [], []


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
        loads = [Load(replica.cluster, replica, "good_tokens.lua", 3600, arguments=[logins.path]) for replica in replicas]
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
    tell(report, changes + rotated, replicas, loads)


def one_round(nodes, replicas, changes, before=None):
    """Each change once, each of a user of its own, at a moment of its own."""
    node = random.choice(nodes)
    admin = node.log_in()
    people = [new_admin(node, admin) for _ in changes]
    for (_, tokens), replica in itertools.product(people, replicas):
        answer = replica.get("/admin", tokens["access_token"])
        if answer.status != 200:
            raise DrillError(f"{replica.name} refuses a good token: {answer.status} {answer.body.decode()}")
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
    """A new user with the role, and the tokens of a login."""
    name = f"ann_{next(numbers)}"
    answer = node.post("/register", {"username": name, "password": PASSWORD, "role": "admin"}, admin)
    if answer.status != 201:
        raise DrillError(f"{node.name} answers a registration with {answer.status} {answer.body.decode()}")
    return name, node.tokens((name, PASSWORD))


def rotate(node, admin):
    answer = node.post("/keys/rotate", {"force": True}, admin)
    if answer.status != 200 or "current" not in answer.json:
        raise DrillError(f"{node.name} does not rotate: {answer.status} {answer.body.decode()}")


def one_change(node, replicas, change, admin, name, tokens):
    time.sleep(random.uniform(0, POLL_SECS))
    began = time.monotonic()
    watches = [
        threading.Thread(target=watch, args=(replica, change, tokens["access_token"], began)) for replica in replicas
    ]
    for thread in watches:
        thread.start()
    answer = change.act(node, admin, name, tokens)
    if answer.status not in (200, 204):
        change.problems.append(f"{node.name} answers {answer.status} {answer.body.decode()}")
    elif change.code == "claims_stale":
        renew(node, replicas, change, tokens["refresh_token"])
    elif node.refresh(tokens["refresh_token"]).status != 401:
        change.unfit_refreshes.append("the refresh token still works")
    for thread in watches:
        thread.join()


def watch(replica, change, token, began):
    """Until the first 401, measured from sending the change."""
    while True:
        answer = replica.get("/admin", token)
        passed = time.monotonic() - began
        if answer.status == 401 or passed > 30:
            break
        if answer.status != 200:
            change.problems.append(f"{replica.name} answers {answer.status} {answer.body.decode()}")
        time.sleep(0.02)
    change.seconds.setdefault(replica.name, []).append(passed)
    if answer.error != change.code:
        change.problems.append(f"{replica.name} answers {answer.status} {answer.error}")


def renew(node, replicas, change, refresh_token):
    """The refresh brings a token with the new role, which every replica takes at once."""
    began = time.monotonic()
    answer = node.refresh(refresh_token)
    if answer.status != 200:
        change.unfit_refreshes.append(f"the refresh is answered {answer.status} {answer.body.decode()}")
        return
    for replica in replicas:
        token = answer.json["access_token"]
        opened, closed = replica.get("/dashboard", token), replica.get("/admin", token)
        if (opened.status, closed.status) != (200, 403) or opened.json["role"] != "user":
            change.unfit_refreshes.append(f"{replica.name} answers the renewed token {opened.status}, {closed.status}")
    change.renewed.append(time.monotonic() - began)


def tell(report, changes, replicas, loads):
    for change in changes:
        for replica in replicas:
            of_it = change.seconds[replica.name]
            figures = ", ".join(f"{of(of_it):.2f}" for of in (min, statistics.median, max))
            report.figure(f"{change.name}: rejected by {replica.name} after (min, median, max)", figures, f"s, {len(of_it)} times")
        if change.renewed:
            report.figure(f"{change.name}: refreshed, and used everywhere, within", max(change.renewed), "s")
    report.figure("other requests at the same time", sum(load.sent for load in loads))
    report.figure("of them failed", sum(load.failed for load in loads))
    report.figure("total requests/s", sum(load.rate for load in loads))
    for change in changes:
        for problem in [*change.problems, *change.unfit_refreshes][:5]:
            report.progress(f"{change.name}: {problem}")
        slowest = max(max(of_it) for of_it in change.seconds.values())
        report.claim(
            f"{change.name}: rejected by all replicas within {LIMIT_SECS} s, with {change.code}",
            slowest <= LIMIT_SECS and not change.problems,
        )
        after = "brings a token that works at once" if change.renewed else "no longer works"
        report.claim(f"{change.name}: the refresh token {after}", not change.unfit_refreshes)
    report.claim("no other token is rejected", sum(load.failed for load in loads) == 0)
