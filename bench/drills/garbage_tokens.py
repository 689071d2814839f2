"""Garbage tokens of many kinds at a replica: none costs more processor time than a good token of its length that is sent for the
first time."""

import concurrent.futures
import pathlib

from .bad_tokens import MAX_LEN, bad_tokens
from .cluster import USERS, DrillError, payload, wait_until
from .load import Load
from .long_tokens import ISSUER, Signer
from .report import Report

DATABASES = ["sqlite"]
CLIENTS, CONNECTIONS = 4, 16
# Good tokens of 16 KiB: signing one takes 10 ms here.
LONG_TOKENS = 2_000
# The length of the tokens that auth-service issues, and a little more.
ISSUED_LEN = 1100


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
    costs["a good token of 16 KiB, first seen"] = price_of_long = cost_of_long(cluster, node, report)
    for name, tokens in kinds.items():
        report.progress(name)
        costs[name] = cost(cluster, replica, tokens, requests, expected=401)
    for name, micros in costs.items():
        length = f", {len(kinds[name][0]):,} bytes" if name in kinds else ""
        report.figure(f"{name}{length}", micros, "microseconds per request")
    for name in kinds:
        if costs[name] > price:
            report.progress(f"costs more than a good token of 1 KB: {name}")
    dear = [name for name in kinds if costs[name] > (price if len(kinds[name][0]) <= ISSUED_LEN else price_of_long)]
    for name in dear:
        report.progress(f"costs more than a good token of its length: {name}")
    report.claim("each kind of garbage costs less than a good token of its length that is first seen", not dear)
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


def cost_of_long(cluster, node, report):
    """The cost of good tokens of 16 KiB, at a replica that trusts the drill's key."""
    signer = Signer(cluster.folder)
    settings = {"RESOURCE__PUBLIC_KEY": signer.public_pem, "RESOURCE__ISSUER": ISSUER}
    replica = cluster.replica(2, node, **settings)
    replica.start_and_wait()
    report.progress(f"{LONG_TOKENS:,} good tokens of 16 KiB are signed")
    claims = payload(node.log_in())
    tokens = [signer.token(claims, MAX_LEN) for _ in range(LONG_TOKENS)]
    cost(cluster, replica, [""], LONG_TOKENS, path="/")
    return cost(cluster, replica, tokens, LONG_TOKENS, expected=200)


def cost(cluster, replica, tokens, requests, expected=200, path="/dashboard"):
    """The replica's processor time per request, user and system, in microseconds."""
    file = cluster.folder / "each_token"
    file.write_text("\n".join(tokens) + "\n")
    before = processor_time(replica)
    ended = cluster.folder / "ended"
    load = Load(cluster, replica, "each_token.lua", 60, CONNECTIONS, path=path, arguments=[file, requests, ended])
    wait_until(lambda: load.done or ended.exists(), 60, f"{requests} responses", pause=0.01)
    took = processor_time(replica) - before
    load.stop()
    ended.unlink()
    if load.status(expected) != load.sent or load.sent < requests:
        raise DrillError(f"{load.sent} requests: {load.figures}")
    return took / load.sent / 1e3


def processor_time(service):
    """Of all its threads, in nanoseconds."""
    tasks = pathlib.Path(f"/proc/{service.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks)
