"""A role changes, a user logs out or is deleted: every replica refuses the tokens within a poll and a second."""

import threading
import time

from .cluster import DrillError
from .report import Report

DATABASES = ["sqlite", "postgres"]
POLL_SECS = 2
PASSWORD = "correct horse"
# What a replica asks the issuer for, beside the requests.
POLLED = ("/status-lists", "/status-lists/{id}", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server")


def add_arguments(_):
    pass


def run(cluster, args):
    rounds, requests = (1, 300) if args.quick else (5, 3000)
    report = Report(f"revocation, {cluster.database}, status lists are looked at every {POLL_SECS} s")
    nodes, replicas = cluster.start()
    report.claim(f"{requests} protected requests ask the issuer for nothing", nothing_is_asked(report, nodes, replicas, requests))
    slowest, refreshed = {}, True
    for number in range(rounds):
        for way, take_back in WAYS.items():
            if way == "rotated":
                # The list's key is another from now on; what is taken back arrives all the same.
                rotate(nodes[0])
            node = nodes[number % len(nodes)]
            took, good = one_revocation(node, nodes[-1], replicas, take_back, f"{way}-{number}")
            slowest[way] = max(took, slowest.get(way, 0))
            refreshed &= good
            report.progress(f"{way}: refused everywhere after {took:.2f} s")
    for way, took in slowest.items():
        report.figure(f"{way}: refused by every replica after", took, "s at most")
    report.claim(f"all of them within {POLL_SECS + 1} s", all(took <= POLL_SECS + 1 for took in slowest.values()))
    report.claim("after a change of role the refresh token brings a token that every replica takes at once", refreshed)
    return report.end()


def rotate(node):
    answer = node.post("/keys/rotate", {"force": True}, node.log_in())
    if answer.status != 200:
        raise DrillError(f"rotate: {answer.status} {answer.body.decode()}")


def change_role(node, name, _):
    return node.ask("PATCH", f"/users/{name}", node.log_in(), {"role": "user"})


def log_out(node, _, tokens):
    return node.ask("POST", "/logout", tokens["access_token"])


def delete(node, name, _):
    return node.ask("DELETE", f"/users/{name}", node.log_in())


def end_sessions(node, name, _):
    return node.ask("POST", f"/users/{name}/revoke-sessions", node.log_in())


WAYS = {
    "role": change_role,
    "log-out": log_out,
    "deletion": delete,
    "sessions": end_sessions,
    "rotated": log_out,
}


def one_revocation(node, other, replicas, take_back, name):
    """After how many seconds every replica refused the token, and whether a refresh after a change of role was good."""
    admin = node.log_in()
    user = {"username": name, "password": PASSWORD, "role": "admin"}
    if node.post("/register", user, admin).status != 201:
        raise DrillError(f"{name} cannot be registered")
    tokens = node.post("/login", user).json
    for replica in replicas:
        if replica.get("/admin", tokens["access_token"]).status != 200:
            raise DrillError(f"{replica.name} does not accept a good token")
    answer = take_back(node, name, tokens)
    if answer.status not in (200, 204):
        raise DrillError(f"{take_back.__name__}: {answer.status} {answer.body.decode()}")
    began, ends = time.monotonic(), {}
    good = take_back is not change_role or refresh_is_good(other, replicas, tokens)
    threads = [
        threading.Thread(target=until_refused, args=(replica, tokens["access_token"], began, ends)) for replica in replicas
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return max(ends.values()), good


def refresh_is_good(node, replicas, tokens):
    """The new token opens what it should, and no more."""
    token = node.post("/refresh", {"refresh_token": tokens["refresh_token"]}).json["access_token"]
    return all(
        (replica.get("/dashboard", token).status, replica.get("/admin", token).status) == (200, 403) for replica in replicas
    )


def until_refused(replica, token, began, ends):
    while True:
        ends[replica.name] = time.monotonic() - began
        if replica.get("/admin", token).status == 401 or ends[replica.name] > 60:
            break
        time.sleep(0.02)


def nothing_is_asked(report, nodes, replicas, requests):
    """Whether the issuer is asked for nothing but what replicas look at by the clock."""
    token = nodes[0].log_in()
    before, began = asked(nodes), time.monotonic()
    for number in range(requests):
        if replicas[number % len(replicas)].get("/dashboard", token).status != 200:
            raise DrillError("a good token is refused")
    polls = (time.monotonic() - began) / POLL_SECS + 2
    more = {route: asked(nodes)[route] - before[route] for route in before}
    report.figure(f"{requests} protected requests: requests to the issuer meanwhile", sum(more.values()))
    # A poll is the list of lists and a few lists; keys come once a minute.
    return more["other"] == 0 and sum(more.values()) <= polls * len(replicas) * 5


def asked(nodes):
    """How many requests the issuer has answered, by route; `other` is what no loop of a replica asks for."""
    figures = {route: 0 for route in (*POLLED, "other")}
    for node in nodes:
        for line in node.get("/metrics").body.decode().splitlines():
            if line.startswith("http_requests_total{"):
                route = line.split('route="', 1)[1].split('"', 1)[0]
                if route not in ("/metrics", "/health/ready", "/health/live"):
                    figures[route if route in figures else "other"] += int(line.rsplit(" ", 1)[1])
    return figures
