"""The targets, and the servers they run on."""

import json
import subprocess
import time

from drills.cluster import DrillError, MissingTool, Postgres

from . import peers, services
from .load import drive
from .machine import memory_mib, tool
from .rounds import Target

MANY = 10_000
LOGIN_CONNECTIONS = 8
#: Text, target, reference, goal: at least.
GOALS = [
    ("`/dashboard`, one token, against the open route", "dashboard-hot", "open-token", 0.95),
    ("`/dashboard`, 10,000 tokens in turn, against the open route", "dashboard-many", "open-many", 0.92),
    ("the open route against a bare actix-web route", "open-token", "bare-token", 0.85),
    ("`/refresh` on SQLite, `synchronous=FULL`, against the signatures of a core", "refresh-sqlite", "signatures", 0.5),
    ("`/refresh` on PostgreSQL against the signatures of a core", "refresh-postgres", "signatures", 0.5),
    ("`/login` against the hashes of a core", "login", "hashes", 0.9),
    ("`/dashboard` against the tutorial's Flask app", "dashboard-hot", "flask-hs256-dashboard", 70),
    ("`/dashboard` against FastAPI with PyJWT", "dashboard-hot", "fastapi-dashboard", 15),
    ("`/login` against Flask with argon2id", "login", "flask-rs256-login", 8),
]
#: Text, target, reference, goal: at most so many microseconds of user time more per request.
CPU_GOALS = [
    ("`/dashboard`, one token, minus the open route", "dashboard-hot", "open-token", 0.3),
    ("`/dashboard`, 10,000 tokens in turn, minus the open route", "dashboard-many", "open-many", 0.3),
]


class Servers:
    """All servers, started on the same core and idle until they get load."""

    def __init__(self, cluster, serving, driving, report):
        self.cluster, self.serving, self.driving, self.report = cluster, serving, driving, report
        self.footprints, self.running = {}, {}

    def start(self, work_dir):
        self.bare = self.started("bare actix-web", services.Bare(self.cluster, self.serving))
        self.issuer = self.started("auth-service (SQLite)", services.auth_node(self.cluster, self.serving, 1))
        self.replica = self.started("resource-service", services.replica(self.cluster, self.serving, self.issuer))
        self.on_postgres = self.started_on_postgres()
        others, starts = peers.start_all(self.cluster, work_dir, self.serving, self.report)
        self.peers = others
        for name, peer in others.items():
            self.note(name, peer, starts[name])

    def started(self, name, server):
        """Started twice: the first start creates keys and the database, only the second is timed."""
        server.start_and_wait()
        server.stop()
        began = time.monotonic()
        server.start()
        server.wait_until_ready()
        self.note(name, server, time.monotonic() - began)
        return server

    def started_on_postgres(self):
        try:
            server = self.cluster.postgres = Postgres(self.cluster).start()
        except MissingTool as missing:
            self.report.progress(f"PostgreSQL skipped: {missing}")
            return None
        # The database runs on the load generator's core: the goal is about the issuer.
        command = [tool("taskset", "apt-get install util-linux"), "-apc", str(self.driving), str(server.process.pid)]
        subprocess.run(command, check=True, capture_output=True)
        url = server.create_database("auth")
        return self.started("auth-service (PostgreSQL)", services.auth_node(self.cluster, self.serving, 2, url))

    def note(self, name, server, start):
        self.running[name] = server
        self.footprints[name] = {"start": start, "idle": memory_mib(server.process.pid)}

    def note_after_load(self):
        for name, server in self.running.items():
            self.footprints[name]["after"] = memory_mib(server.process.pid)


class Targets:
    """Every target, by name."""

    def __init__(self, servers, connections):
        self.servers, self.connections = servers, connections
        self.folder = servers.cluster.folder
        self.all = []

    def make(self):
        servers = self.servers
        servers.report.progress(f"creating {MANY:,} tokens by refreshing")
        tokens = services.many_tokens(servers.issuer, MANY)
        hot, many = self.lines("hot", tokens[:1]), self.lines("many", tokens)
        bare, replica, issuer = servers.bare, servers.replica, servers.issuer
        self.add("bare", "bare actix-web JSON route", bare, "/")
        self.add("bare-token", "the same, with an Authorization header sent", bare, "/", "get", hot)
        self.add("open", "resource-service `/` (open)", replica, "/")
        self.add("open-token", "the same, with an Authorization header sent", replica, "/", "get", hot)
        self.add("open-many", "the same, with 10,000 of them in turn", replica, "/", "get", many)
        self.add("dashboard-hot", "`/dashboard`, one token", replica, "/dashboard", "get", hot)
        self.add("dashboard-many", "`/dashboard`, 10,000 tokens in turn", replica, "/dashboard", "get", many)
        self.add("jwks", "auth-service, JWKS", issuer, "/.well-known/jwks.json")
        self.add_refreshing("sqlite", servers.issuer, "SQLite, `synchronous=FULL`")
        if servers.on_postgres:
            self.add_refreshing("postgres", servers.on_postgres, "PostgreSQL")
        self.add_bounds()
        self.add_login("login", "`/login`, argon2id", servers.issuer)
        for name, text in (
            ("flask-hs256", "the tutorial's Flask app (HS256, plain passwords), gunicorn"),
            ("flask-rs256", "Flask with RS256 and argon2id, gunicorn"),
            ("fastapi", "FastAPI with PyJWT (RS256) and argon2id, uvicorn"),
        ):
            peer = servers.peers[name]
            token = self.lines(name, [peer.log_in()])
            self.add(f"{name}-dashboard", f"{text}: `/dashboard`", peer, "/dashboard", "get", token)
            self.add_login(f"{name}-login", f"{text}: `/login`", peer)
        # Fill the token cache: the cost of new tokens is measured by `cargo bench`.
        self.find("dashboard-many").run(2)
        return self

    def lines(self, name, lines):
        path = self.folder / f"{name}.txt"
        path.write_text("\n".join(lines) + "\n")
        return path

    def add(self, name, text, server, path, *arguments, connections=None):
        cluster, core, connections = self.servers.cluster, self.servers.driving, connections or self.connections

        def run(seconds, connections=connections):
            return drive(cluster, core, server, path, seconds, connections, arguments)

        self.all.append(Target(name, text, run))

    def add_login(self, name, text, server):
        body = json.dumps({"username": services.USER[0], "password": services.USER[1]})
        path = self.lines(f"{name}-body", [body])
        self.add(name, text, server, "/login", "post", path, connections=LOGIN_CONNECTIONS)

    def add_refreshing(self, database, node, text):
        connections = self.connections
        cluster, core = self.servers.cluster, self.servers.driving

        def run(seconds):
            # Each run starts with its own logins: wrk drops requests in progress at its end, and their tokens with them.
            pairs = services.sessions(node, connections + 4)
            path = self.lines(f"refresh-{database}", [pair["refresh_token"] for pair in pairs])
            return drive(cluster, core, node, "/refresh", seconds, connections, ("refresh", path))

        self.all.append(Target(f"refresh-{database}", f"`/refresh`, {text}", run))

    def add_bounds(self):
        core, latest = self.servers.serving, {}

        def signatures(seconds):
            latest.update(services.bounds(core, seconds))
            return {"rate": latest["signatures"]}

        def hashes(_):
            return {"rate": latest["hashes"]}

        self.all.append(Target("signatures", "bound: RSA-2048 signatures of aws-lc-rs", signatures))
        self.all.append(Target("hashes", "bound: argon2id hashes", hashes))

    def find(self, name):
        found = [target for target in self.all if target.name == name]
        if not found:
            raise DrillError(f"unknown target {name}")
        return found[0]

    def goals(self):
        """The goals whose target and reference have been measured."""
        names = {target.name for target in self.all}
        return [goal for goal in GOALS if {goal[1], goal[2]} <= names]


def sweep(targets, labels, connections, seconds, report):
    """Rates and p99 by number of connections, for the targets with labels, in turn at each number."""
    series = {name: [] for name in labels}
    for count in connections:
        for name in labels:
            figures = targets.find(name).run(seconds, count)
            series[name].append((count, figures["rate"], figures["p99_ms"]))
        shown = "  ".join(f"{name} {points[-1][1]:,.0f}" for name, points in series.items())
        report.progress(f"{count} connections: {shown}")
    return [(label, series[name]) for name, label in labels.items()]
