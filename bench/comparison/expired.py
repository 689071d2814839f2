"""A database full of expired codes, consents and sessions beside one without: the same logins at both, and the sweep."""

import collections
import contextlib
import http.client
import math
import sqlite3
import time
from statistics import median

from drills.cluster import USERS, DrillError
from drills.web import Application, Balancer, Browser, code_in

from .users import CHEAP_HASH

TABLES = ["authorization_codes", "consents", "sessions"]
# For so long after their end the sweep leaves codes and consents, and sessions.
CODE_RETENTION, SESSION_RETENTION = 3600, 24 * 3600
# Rows become due one after another, within this time.
SPREAD_SECS = 20
OWNERS = 100_000
# Live sessions of these users at both sides: of a table with those of a single user, the planner of PostgreSQL knows that its
# index by user is of no use.
LIVE = 200_000
#: As fast as rows are added at least.
ROWS_PER_SEC = 20_000
LOOK_SECS, PATIENCE_SECS = 5, 3600
#: A login may take so many times as long as without expired rows.
GOAL = 1.10
SLOWEST_MS = 1000
USER = USERS[0]

# `n` is the number of a row; keys are random, as those of real codes, or begin with a time, as those of real sessions.
COLUMNS = {
    "authorization_codes": """(code_hash, client_id, redirect_uri, user_id, browser_id, auth_time, scope, nonce, challenge,
        expires_at, session_id)
        SELECT {random43}, 'old-' || n % 100, 'https://old.example/callback', n % {owners} + 1, {uuid}, {due} - 60, 'openid profile',
        'n-1', {random43}, {due} - {code_retention} + n % {spread}, {uuid}""",
    "consents": """(user_id, client_id, scope, granted_at, expires_at)
        SELECT n % {owners} + 1, 'old-' || n / {owners}, 'openid profile', {due} - 31536000, {due} - {code_retention} + n % {spread}""",
    "sessions": """(id, user_id, device, address, created_at, last_used_at, auth_time, generation, rotated_at, idle_ends_at, ends_at,
        revoked_at, browser_id)
        SELECT {uuid}, n % {owners} + 1, 'Mozilla/5.0 (X11; Linux x86_64)', '192.0.2.1', {due} - 8640000, {due} - 2678400,
        {due} - 8640000, 1, {due} - 2678400,
        {due} + CASE n % 3 WHEN 0 THEN n % {spread} - {session_retention} ELSE 2592000 END,
        {due} + CASE n % 3 WHEN 1 THEN n % {spread} - {session_retention} ELSE 2592000 END,
        CASE n % 3 WHEN 2 THEN {due} + n % {spread} - {session_retention} END, NULL""",
}
LIVE_SESSIONS = """INSERT INTO sessions (id, user_id, device, address, created_at, last_used_at, auth_time, generation, rotated_at,
        idle_ends_at, ends_at) SELECT 'live-' || n, n % {owners} + 1, 'Mozilla/5.0 (X11; Linux x86_64)', '192.0.2.1', {now}, {now},
        {now}, 1, {now}, {now} + 2592000, {now} + 7776000"""
POSTGRES = {
    "random43": "substr(md5(n::text || random()::text) || md5(random()::text), 1, 43)",
    "uuid": "'01890000-' || to_char(n / 65536 % 65536, 'fm0000') || '-7000-8000-' || substr(md5(n::text), 1, 12)",
    "rows": "FROM generate_series({first}, {last}) AS n",
}
SQLITE = {
    "random43": "substr(lower(hex(randomblob(22))), 1, 43)",
    "uuid": "printf('01890000-%04d-7000-8000-%012x', n / 65536 % 65536, n)",
    "rows": "FROM (WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c)",
}


class Side:
    """A node with its own database, and the application that its users log in to."""

    def __init__(self, cluster, number, name):
        self.cluster, self.name = cluster, name
        if cluster.postgres:
            self.url = cluster.postgres.create_database(name)
        else:
            self.url = f"sqlite://{cluster.folder}/{name}.db"
        self.node = cluster.auth_node(number, self.url, AUTH__DATABASE__CONNECTIONS=4, **CHEAP_HASH)
        self.node.start_and_wait()
        self.shop = Application(Balancer([self.node])).register(self.node)
        self.times, self.failures = collections.defaultdict(list), []

    def fill(self, rows, due):
        """Adds rows in equal shares, which the sweep deletes from `due` on; returns the seconds it took."""
        began, self.share = time.monotonic(), rows // len(TABLES)
        self.node.stop()
        dialect = POSTGRES if self.cluster.postgres else SQLITE
        numbers = {"owners": OWNERS, "spread": SPREAD_SECS, "due": due, "code_retention": CODE_RETENTION}
        for table in TABLES:
            select = COLUMNS[table].format(**dialect, **numbers, session_retention=SESSION_RETENTION)
            self.execute(f"INSERT INTO {table} {select} {dialect['rows'].format(first=1, last=self.share)}")
        self.settle()
        self.node.start_and_wait()
        return time.monotonic() - began

    def fill_with_live_sessions(self, now):
        self.node.stop()
        dialect = POSTGRES if self.cluster.postgres else SQLITE
        rows = dialect["rows"].format(first=1, last=LIVE)
        self.execute(f"{LIVE_SESSIONS.format(owners=OWNERS, now=now)} {rows}")
        self.settle()
        self.node.start_and_wait()

    def execute(self, statement):
        if self.cluster.postgres:
            self.cluster.postgres.execute(self.url, statement)
            return
        with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite://"), isolation_level=None)) as database:
            database.executescript(f"PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; {statement};")

    def settle(self):
        """Statistics and a checkpoint, as if the rows had come over a year."""
        if self.cluster.postgres:
            for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
                self.cluster.postgres.execute(self.url, statement)
        else:
            self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def expired(self, due):
        """How many of the added rows each table has. Counted by PostgreSQL as they are deleted: a count would read all of them."""
        if self.cluster.postgres:
            query = "SELECT relname, n_tup_del FROM pg_stat_user_tables"
            deleted = {name: int(number) for name, number in self.cluster.postgres.execute(self.url, query)}
            return {table: max(0, self.share - deleted[table]) for table in TABLES}
        with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite://"), timeout=30)) as database:
            of_old = dict.fromkeys(TABLES, "client_id LIKE 'old-%'") | {"sessions": f"created_at < {due} - 8000000"}
            queries = {table: f"SELECT count(*) FROM {table} WHERE {of_old[table]}" for table in TABLES}
            return {table: database.execute(query).fetchone()[0] for table, query in queries.items()}

    def log_in(self, phase):
        """One login at `/login`, and one with the application, with all its pages."""
        self.timed(phase, "POST /login", self.log_in_directly)
        self.timed(phase, "the whole /authorize flow", self.log_in_to_shop)

    def timed(self, phase, what, act):
        began = time.perf_counter()
        try:
            act()
        except (OSError, http.client.HTTPException, DrillError, KeyError) as error:
            self.failures.append(f"{self.name}, {phase}: {what}: {error!r}")
        self.times[phase, what].append((time.perf_counter() - began) * 1000)

    def log_in_directly(self):
        self.node.log_in(USER)

    def log_in_to_shop(self):
        browser = Browser(self.shop.balancer)
        page = browser.open(self.shop.authorize_path(prompt="consent"))
        sent = browser.submit(page, username=USER[0], password=USER[1])
        back = browser.submit(browser.open(sent.next_url), decision="allow")
        exchanged = self.shop.exchange(code_in(back.next_url))
        if exchanged.status != 200 or "id_token" not in exchanged.json:
            raise DrillError(f"the exchange responds with {exchanged.status} {exchanged.text[:200]}")


def compare(cluster, rows, logins, report):
    """Logins at both sides in turn: before the rows are due, while they are swept, and afterwards."""
    empty, full = Side(cluster, 1, "without"), Side(cluster, 2, "with")
    sides, began = [empty, full], time.time()
    for side in sides:
        side.fill_with_live_sessions(int(began))
    # The rows are not due before they are all there, and the first logins done.
    due = math.ceil(began) + 30 + logins // 5 + rows // ROWS_PER_SEC
    took = full.fill(rows, due)
    report.progress(f"{rows:,} rows in {took:.0f} s; the sweep deletes them in {due - time.time():.0f} s")
    alternate(sides, "before", logins)
    if time.time() > due:
        raise DrillError("the rows were due before the first logins were done")
    report.progress("logins before the sweep done")
    time.sleep(max(0, due - time.time()))
    ends = follow_sweep(sides, full, due, report)
    alternate(sides, "after", logins)
    show(report, sides, rows, ends)


def alternate(sides, phase, logins):
    for turn in range(logins):
        for side in sides if turn % 2 else reversed(sides):
            side.log_in(phase)


def follow_sweep(sides, full, due, report):
    """Logs in until the expired rows are gone; returns when those of each table were, in seconds."""
    ends, looked = {}, time.time()
    while len(ends) < len(TABLES):
        alternate(sides, "during", 5)
        if time.time() - looked > LOOK_SECS:
            left, looked = full.expired(due), time.time()
            report.progress("left: " + ", ".join(f"{number:,} {table}" for table, number in left.items()))
            for table in TABLES:
                if left[table] == 0:
                    ends.setdefault(table, looked - due)
            if looked - due > PATIENCE_SECS:
                raise DrillError("the sweep does not come to its end")
    return ends


def show(report, sides, rows, ends):
    empty, full = sides
    report.figure("expired rows", rows)
    for table, seconds in ends.items():
        report.figure(f"{table}: swept within", f"{seconds:,.0f} s")
    report.figure("rows deleted per second", rows / max(ends.values()))
    for phase in ("before", "during", "after"):
        for what in dict.fromkeys(what for _, what in full.times):
            mine, other = (side.times[phase, what] for side in (full, empty))
            times, slowest = median(mine) / median(other), max(mine)
            text = f"{median(other):.2f} and {median(mine):.2f} ms, {times:.2f} times; slowest {slowest:.0f} ms"
            report.figure(f"{phase} the sweep: {what}, without and with", text)
    failures = [*empty.failures, *full.failures]
    for failure in failures[:10]:
        report.progress(failure)
    report.claim("every login succeeds", not failures)
    for phase in ("before", "after"):
        for what in dict.fromkeys(what for _, what in full.times):
            times = median(full.times[phase, what]) / median(empty.times[phase, what])
            report.claim(f"{phase} the sweep, {what} takes at most {GOAL:g} times as long: {times:.2f}", times <= GOAL)
    slowest = max(max(full.times["during", what]) for _, what in full.times)
    report.claim(f"none takes longer than {SLOWEST_MS:,} ms while rows are swept: {slowest:,.0f} ms", slowest <= SLOWEST_MS)
