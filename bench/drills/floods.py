"""Anonymous floods from one address at every public route: few rows, flat memory, and other clients notice nothing."""

import itertools
import time

from .cluster import DEFAULT_LIMITS, USERS, DrillError
from .flood_routes import floods
from .load import Load
from .paced import Paced, percentile
from .report import Report

DATABASES = ["postgres", "sqlite"]
CONNECTIONS = 8
OTHER_ADDRESS = "198.51.100.1"
MAX_GROWTH_MIB = 8
P99_MS = 100


def add_arguments(command):
    command.add_argument("--seconds", type=int, default=60, help="duration of each flood (default: 60)")
    command.add_argument("--only", help="only floods with this text in their name")


def run(cluster, args):
    seconds = 3 if args.quick else args.seconds
    report = Report(f"floods, {cluster.database}, {seconds} s each, {CONNECTIONS} connections")
    nodes, [replica] = cluster.start(replicas=1, auth={**DEFAULT_LIMITS, "AUTH__TRUSTED_PROXIES": "127.0.0.1"})
    warm_up(nodes)
    outcomes = []
    for number, flood in enumerate(floods(nodes[0].log_in(), CONNECTIONS), start=1):
        if not args.only or args.only in flood.name:
            report.progress(flood.name)
            # Each flood has an address of its own, and so its own limits.
            outcomes.append(Outcome(cluster, nodes, replica, flood, f"203.0.113.{number}", seconds))
    if not outcomes:
        raise DrillError(f"no flood is named {args.only}")
    for outcome in outcomes:
        report.figure(outcome.flood.name, outcome)
    # The few refreshes in each flood have no p99, and a quick flood has none at all.
    refreshes = p99_ms(*(outcome.refreshes for outcome in outcomes))
    requests = p99_ms(*(outcome.requests for outcome in outcomes))
    slowest = requests if args.quick else max(p99_ms(outcome.requests) for outcome in outcomes)
    report.figure("other clients: p99 over all floods, of refreshes", f"{requests:.0f} ms, {refreshes:.0f} ms")
    few = all(outcome.rows_are_few for outcome in outcomes)
    report.claim("beyond what limits admit at once, at most one row per second is written", few)
    growth = max(outcome.growth for outcome in outcomes)
    report.claim(f"no process grows by more than {MAX_GROWTH_MIB} MiB in a flood", growth <= MAX_GROWTH_MIB)
    report.claim(f"p99 of other clients is below {P99_MS} ms" + ("" if args.quick else " in each flood"), slowest < P99_MS)
    report.claim(f"p99 of all their refreshes is below {P99_MS} ms", refreshes < P99_MS)
    failed = any(outcome.failed for outcome in outcomes)
    report.claim("none of their requests fails, and all are ready throughout", not failed)
    report.claim("no flood gets 500", not any("500" in outcome.statuses for outcome in outcomes))
    return report.end()


def warm_up(nodes):
    """Each hashing thread allocates its memory at its first hash."""
    for _ in range(8):
        for node in nodes:
            node.log_in(USERS[0])


def p99_ms(*series):
    return percentile([took for times in series for took in times], 99) * 1000


class Outcome:
    """One flood, and what others notice."""

    def __init__(self, cluster, nodes, replica, flood, address, seconds):
        self.flood = flood
        services = [*nodes, replica]
        sessions = [Session(node) for node in itertools.islice(itertools.cycle(nodes), 1 + seconds // 20)]
        ways = [
            Paced(lambda turn: replica.get("/dashboard", sessions[0].access_token), 0.02, threads=2),
            Paced(lambda turn: services[turn % len(services)].get("/health/ready"), 0.02, threads=2),
            Paced(lambda turn: sessions[turn % len(sessions)].refresh(), 0.1),
        ]
        path = cluster.folder / "flood"
        path.write_text("".join(line(address, *request) for request in flood.requests))
        rows_before, memory_before = count_rows(cluster), [memory_mib(service) for service in services]
        began, self.growth = time.monotonic(), 0
        target = replica if flood.is_for_replica else nodes[0]
        with ways[0], ways[1], ways[2]:
            load = Load(cluster, target, "flood.lua", seconds, CONNECTIONS, path="/", arguments=[path])
            while not load.done:
                time.sleep(0.2)
                memory = [memory_mib(service) for service in services]
                self.growth = max(self.growth, *(now - before for now, before in zip(memory, memory_before)))
            load.wait()
        self.took, self.rate, self.statuses = time.monotonic() - began, load.rate, load.figures["statuses"]
        rows = count_rows(cluster)
        # Each refresh of ours is an access token.
        rows_before["access_tokens"] += ways[2].statuses[200]
        self.rows = {table: count - rows_before[table] for table, count in rows.items() if count > rows_before[table]}
        self.requests, self.refreshes = [took for way in ways[:2] for took in way.took], ways[2].took
        self.failed = sum(way.failed for way in ways)

    @property
    def rows_are_few(self):
        return sum(self.rows.values()) <= self.flood.rows_at_once + self.took

    def __str__(self):
        rows = ", ".join(f"{count} {table}" for table, count in self.rows.items()) or "0"
        counts = ", ".join(f"{count:,} x {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.rate:,.0f}/s ({counts}); rows: {rows}; {self.growth:+.1f} MiB; "
            f"others: p99 {p99_ms(self.requests):.0f} ms, {self.failed} failed"
        )


class Session:
    """A session of another client, refreshed again and again."""

    def __init__(self, node):
        self.node = node
        response = node.ask("POST", "/login", body=dict(zip(("username", "password"), USERS[0])), address=OTHER_ADDRESS)
        if response.status != 200:
            raise DrillError(f"{node.name} responds to a login with {response.status} {response.body.decode()}")
        self.take(response)

    def take(self, response):
        self.access_token, self.refresh_token = response.json["access_token"], response.json["refresh_token"]

    def refresh(self):
        response = self.node.refresh(self.refresh_token)
        if response.status == 200:
            self.take(response)
        return response


def line(address, method, path, headers, body):
    return "\t".join((method, path, f"X-Forwarded-For: {address}|{headers}", body)) + "\n"


def count_rows(cluster):
    """How many rows each table has."""
    names = "relname FROM pg_stat_user_tables" if cluster.postgres else "name FROM sqlite_master WHERE type = 'table'"
    tables = [table for [table] in cluster.query(f"SELECT {names} ORDER BY 1")]
    counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    return {table: int(count) for table, count in cluster.query(counts)}


def memory_mib(service):
    """The resident memory of a process."""
    with open(f"/proc/{service.process.pid}/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))
