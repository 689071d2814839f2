"""Garbage tokens of many kinds at a replica: none costs more processor time than a good token that is sent for the first time."""

import concurrent.futures
import os

from .bad_tokens import MAX_LEN, bad_tokens
from .cluster import USERS, DrillError, wait_until
from .load import Load
from .report import Report

DATABASES = ["sqlite"]
CLIENTS, CONNECTIONS = 4, 16
TICKS = os.sysconf("SC_CLK_TCK")


def add_arguments(command):
    command.add_argument("--requests", type=int, default=20_000, help="requests of each kind (default: 20000)")


def run(cluster, args):
    requests = 4_000 if args.quick else args.requests
    report = Report(f"garbage-tokens, {requests:,} requests of each kind")
    [node], _ = cluster.start(replicas=0, auth={"AUTH__TOKENS__ACCESS_TTL_SECS": 1})
    expired = node.log_in()
    node.stop()
    node.environment["AUTH__TOKENS__ACCESS_TTL_SECS"] = "900"
    node.start_and_wait()
    replica = cluster.replica(1, node)
    replica.start_and_wait()
    report.progress(f"{requests:,} good tokens are issued")
    good = good_tokens(node, requests)
    kinds = bad_tokens(node.log_in(), expired)
    # The first requests of a process cost more.
    cost(cluster, replica, [""], requests, path="/")
    costs = {"no token, open route": cost(cluster, replica, [""], requests, path="/")}
    costs["a good token, first seen"] = price = cost(cluster, replica, good, requests, expected=200)
    costs["the same tokens again"] = cost(cluster, replica, good, requests, expected=200)
    for name, tokens in kinds.items():
        report.progress(name)
        costs[name] = cost(cluster, replica, tokens, requests, expected=401)
    for name, micros in costs.items():
        length = f", {len(kinds[name][0]):,} bytes" if name in kinds else ""
        report.figure(f"{name}{length}", micros, "microseconds per request")
    dear = [name for name in kinds if costs[name] > price]
    for name in dear:
        report.progress(f"costs more than a good token: {name}")
    report.claim("each kind of garbage costs less than a good token that is first seen", not dear)
    report.claim(f"the tokens are up to {MAX_LEN:,} bytes long", max(len(made[0]) for made in kinds.values()) >= MAX_LEN)
    return report.end()


def good_tokens(node, count):
    """Distinct tokens of some sessions."""

    def issue(number):
        refresh_token, tokens = node.tokens(USERS[0])["refresh_token"], []
        for _ in range(number):
            response = node.refresh(refresh_token)
            if response.status != 200:
                raise DrillError(f"/refresh: {response.status} {response.body.decode()}")
            refresh_token = response.json["refresh_token"]
            tokens.append(response.json["access_token"])
        return tokens

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return [token for tokens in pool.map(issue, [count // CLIENTS] * CLIENTS) for token in tokens]


def cost(cluster, replica, tokens, requests, expected=200, path="/dashboard"):
    """The replica's processor time per request, user and system, in microseconds."""
    file = cluster.folder / "each_token"
    file.write_text("\n".join(tokens) + "\n")
    before = processor_ticks(replica)
    ended = cluster.folder / "ended"
    load = Load(cluster, replica, "each_token.lua", 60, CONNECTIONS, path=path, arguments=[file, requests, ended])
    wait_until(lambda: load.done or ended.exists(), 60, f"{requests} responses", pause=0.01)
    took = processor_ticks(replica) - before
    load.stop()
    ended.unlink()
    if load.status(expected) != load.sent or load.sent < requests:
        raise DrillError(f"{load.sent} requests: {load.figures}")
    return took / TICKS / load.sent * 1e6


def processor_ticks(service):
    with open(f"/proc/{service.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
