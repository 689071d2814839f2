"""PostgreSQL fails over under load: Patroni, three servers, one of them a synchronous standby.

The primary is killed, frozen, or switched over while people register, log in, refresh and log out at two nodes. Nothing that
was acknowledged is lost, writes are back soon after the promotion, and verifiers notice nothing."""

import itertools
import statistics
import time

from .cluster import DrillError, wait_until
from .load import Load
from .logins import Logins
from .patroni import Patroni, Promotion
from .people import PASSWORD, Ledger, Person, lost, sid
from .report import Report
from .steady_reads import SteadyReads

DATABASES = ["patroni"]
KINDS = ["kill", "freeze", "switchover"]
BACK_SECS = 5
# Longer than a failover takes: a refresh whose response was lost is retried with the same token.
REUSE_GRACE_SECS = 90
# What a node answers from memory.
MEMORY = ["/.well-known/jwks.json", "/.well-known/oauth-authorization-server", "/health/live"]
# A node that cannot read revocations says so, and verifiers keep the lists they have.
LISTS = ["/status-lists", "/status-lists/1"]
# A thawed server stays in its role for a moment. For this long it is watched before the next check.
AFTER_THAW_SECS = 3


def add_arguments(command):
    command.add_argument("--failovers", type=int, default=20, help="number of failovers (default: 20; quick: 3)")
    command.add_argument("--kind", choices=KINDS, action="append", help="only these failovers (default: all in turn)")
    command.add_argument("--people", type=int, default=24, help="number of people (default: 24)")


def run(cluster, args):
    kinds = args.kind or KINDS
    count = len(kinds) if args.quick else args.failovers
    report = Report(f"failover, {count} failovers, {args.people} people")
    servers = Patroni(cluster)
    cluster.on_exit.append(servers.stop)
    servers.start()
    cluster.database_url = servers.url
    report.progress("three PostgreSQL servers are up")
    nodes, replicas = cluster.start(nodes=2, replicas=2, auth={"AUTH__TOKENS__REUSE_GRACE_SECS": REUSE_GRACE_SECS})
    ledger, failovers, losses, checked = Ledger(), [], set(), {}
    reads, lists = SteadyReads(nodes, MEMORY), SteadyReads(nodes, LISTS, allowed=(200, 503))
    people = [Person(number, nodes, ledger, pause=0.25) for number in range(args.people)]
    with Logins(nodes, pause=5) as logins, reads, lists:
        # Four connections to each replica, with 20 ms between two requests of each.
        loads = [Load(cluster, replica, "valid_tokens.lua", 7200, 4, arguments=[logins.path, "20"]) for replica in replicas]
        for person in people:
            person.start()
        time.sleep(3)
        for number, kind in zip(range(count), itertools.cycle(kinds)):
            failovers.append(fail_over(servers, kind, nodes, ledger))
            losses |= set(lost(ledger, servers, checked))
            report.progress(f"{number + 1}. {failovers[-1]}")
        for person in people:
            person.stopping.set()
        for person in people:
            person.join()
        for load in loads:
            load.stop()
    losses |= {*lost(ledger, servers, checked), *cannot_continue(ledger, nodes)}
    return results(report, ledger, failovers, losses, checked, reads, lists, loads)


class Failover:
    """What happened when."""

    def __init__(self, kind, began, promotion, backs, last_refused):
        self.kind, self.promoted, self.member = kind, promotion.at - began, promotion.member
        self.backs = {name: at - promotion.at for name, at in backs.items()}
        self.slowest = max(self.backs.values())
        self.last_refused = last_refused - promotion.at

    def __str__(self):
        backs = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in sorted(self.backs.items()))
        return (
            f"{self.kind}: {self.member.name} promoted after {self.promoted:.1f} s; first writes after the promotion:"
            f" {backs}; last request refused {self.last_refused:.1f} s after it"
        )


def fail_over(servers, kind, nodes, ledger):
    """One failover, and the repair of the old primary."""
    old = servers.primary()
    promotion, began = Promotion(servers, old), time.monotonic()
    promotion.start()
    if kind == "kill":
        old.kill()
    elif kind == "freeze":
        old.freeze()
    else:
        old.ask("/switchover", "POST", {"leader": old.name}, timeout=60)
    promotion.join()
    if promotion.at is None:
        raise DrillError(f"{kind} of {old.name}: no other server was promoted")
    backs = {}

    def are_back():
        for node in nodes:
            after = [at for name, _, at in ledger.acknowledged[-20_000:] if name == node.name and at > promotion.at]
            if after:
                backs.setdefault(node.name, min(after))
        return len(backs) == len(nodes)

    wait_until(are_back, 60, f"{kind} of {old.name}: writes are back")
    time.sleep(AFTER_THAW_SECS)
    if kind == "kill":
        old.start()
    elif kind == "freeze":
        old.thaw()
        time.sleep(AFTER_THAW_SECS)
    wait_until(servers.is_whole, 90, f"{kind} of {old.name}: it follows the new primary", pause=0.2)
    time.sleep(1)
    refused = [at for _, _, at in ledger.refused if at > promotion.at]
    return Failover(kind, began, promotion, backs, max(refused, default=promotion.at))


def cannot_continue(ledger, nodes):
    """Sessions and passwords that do not work in the end."""
    for tokens in ledger.open:
        if nodes[0].refresh(tokens["refresh_token"]).status != 200:
            yield f"the session {sid(tokens)} cannot be refreshed"
    for tokens in ledger.ended:
        if nodes[1].refresh(tokens["refresh_token"]).status != 401:
            yield f"the session {sid(tokens)} can be refreshed after a logout"
    for name in ledger.names[:: max(1, len(ledger.names) // 200)]:
        if nodes[0].post("/login", {"username": name, "password": PASSWORD}).status != 200:
            yield f"{name} cannot log in"


def results(report, ledger, failovers, losses, checked, reads, lists, loads):
    for problem in [*ledger.wrong, *losses, *reads.problems, *lists.problems][:20]:
        report.progress(problem)
    report.figure("acknowledged writes", len(ledger.acknowledged))
    report.figure("acknowledged registrations, logouts, open sessions", ", ".join(f"{n:,}" for n in checked.values()))
    report.figure("of them lost", len(losses))
    report.figure("requests retried after 503 or without a response", sum(ledger.retried.values()))
    report.figure("any other response", len(ledger.wrong))
    for kind in KINDS:
        of_it = [failover for failover in failovers if failover.kind == kind]
        if not of_it:
            continue
        times = [failover.promoted for failover in of_it]
        report.figure(f"{kind}: failovers; promotion after (min, median, max)", f"{len(of_it)}; {spread(times)}", "s")
        times = [failover.slowest for failover in of_it]
        report.figure(f"{kind}: writes at both nodes after the promotion (min, median, max)", spread(times), "s")
        times = [failover.last_refused for failover in of_it]
        report.figure(f"{kind}: last request refused after the promotion (min, median, max)", spread(times), "s")
    report.figure("requests to /dashboard of two replicas", sum(load.sent for load in loads))
    report.figure("of them failed", sum(load.failed for load in loads))
    report.figure("p99 of the slower one", max(load.p99_ms for load in loads), "ms")
    report.figure("requests for keys, metadata and /health/live", sum(reads.statuses.values()))
    report.figure("of them failed", len(reads.problems))
    report.figure("the slowest", reads.slowest, "s")
    report.figure("requests for status lists", sum(lists.statuses.values()))
    report.figure("of them answered with 503, since the database could not be read", lists.statuses[503])
    report.figure("the slowest", lists.slowest, "s")
    report.claim("nothing that was acknowledged is lost", not losses)
    report.claim("people who retry after 503 get no other error", not ledger.wrong)
    slowest = max(failover.slowest for failover in failovers)
    report.claim(f"both nodes write again within {BACK_SECS} s of the promotion", slowest <= BACK_SECS)
    report.claim("replicas serve without a failed request", sum(load.failed for load in loads) == 0)
    report.claim("both nodes serve keys and metadata without a failed request", not reads.problems)
    report.claim("status lists are served, or 503", not lists.problems)
    return report.end()


def spread(values):
    return ", ".join(f"{of(values):.1f}" for of in (min, statistics.median, max))
