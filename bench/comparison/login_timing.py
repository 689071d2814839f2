"""Times of wrong logins with names that users have and names that nobody has, compared by their ranks."""

import http.client
import json
import math
import random
import sqlite3
import time
from statistics import median

from drills.cluster import DrillError

# What hashes cost before the parameters were raised to the defaults: a quarter.
OLD_COST = {"AUTH__PASSWORDS__MEMORY_KIB": 9728, "AUTH__PASSWORDS__ITERATIONS": 1}
COLUMNS = "id, username, username_key, password_hash, role, created_at"
KINDS = ("known", "known, cheaper hash", "unknown")
# A difference that chance produces once in a thousand runs.
MIN_P = 0.001


def compare(cluster, tries, seed, report):
    """Logs in with each name once, from an address of its own."""
    random.seed(seed)
    hashes = {
        "known, cheaper hash": hash_of(cluster, "earlier", **OLD_COST),
        "known": hash_of(cluster, "later"),
    }
    names = [(kind, f"{random.getrandbits(48):012x}") for kind in KINDS for _ in range(tries)]
    load(cluster, [(name, hashes[kind]) for kind, name in names if kind in hashes])
    node = cluster.auth_node(1, AUTH__TRUSTED_PROXIES="127.0.0.1")
    node.start_and_wait()
    random.shuffle(names)
    times = {kind: [] for kind in KINDS}
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    for number in range(20):
        try_one(connection, f"warm-up {number}")
    report.progress(f"{len(names)} logins, one after the other")
    for kind, name in names:
        times[kind].append(try_one(connection, name))
    for kind in KINDS:
        report.figure(f"{kind}: median", median(times[kind]) * 1000, "ms")
    for kind in KINDS[:-1]:
        u, p = mann_whitney(times[kind], times["unknown"])
        # Of two logins, how often the one with the known name takes longer.
        share = u / len(times[kind]) / len(times["unknown"])
        report.figure(f"{kind}, against unknown", f"U = {u:,.0f} ({share:.1%}), p = {p:.3g}")
        report.claim(f"times do not tell `{kind}` from `unknown` (p >= {MIN_P})", p >= MIN_P)


def hash_of(cluster, name, **settings):
    """The hash of a password that was set with these settings."""
    node = cluster.auth_node(1, **settings)
    node.start_and_wait()
    if node.post("/register", {"username": name, "password": "correct horse"}).status != 201:
        raise DrillError(f"{name} cannot be registered")
    node.stop()
    with sqlite3.connect(cluster.database_url.removeprefix("sqlite://")) as database:
        return database.execute("SELECT password_hash FROM users WHERE username = ?", (name,)).fetchone()[0]


def load(cluster, users):
    with sqlite3.connect(cluster.database_url.removeprefix("sqlite://")) as database:
        rows = [(100 + n, name, name, hash_, "user", int(time.time())) for n, (name, hash_) in enumerate(users)]
        database.executemany(f"INSERT INTO users ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.execute("UPDATE sequences SET last = ? WHERE name = 'users'", (100 + len(rows),))


def try_one(connection, name):
    """The seconds that a wrong login takes."""
    body = json.dumps({"username": name, "password": f"wrong {random.getrandbits(64):016x}"})
    address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
    began = time.perf_counter()
    connection.request("POST", "/login", body, {"Content-Type": "application/json", "X-Forwarded-For": address})
    response = connection.getresponse()
    response.read()
    took = time.perf_counter() - began
    if response.status != 401:
        raise DrillError(f"a wrong login got status {response.status}")
    return took


def mann_whitney(one, other):
    """U of the first sample, and p of both sides: by the normal approximation, with ties and continuity corrected."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    n, n1, n2 = len(ranked), len(one), len(other)
    rank_sum, ties, begin = 0.0, 0, 0
    while begin < n:
        end = begin
        while end < n and ranked[end][0] == ranked[begin][0]:
            end += 1
        count = end - begin
        rank_sum += (begin + 1 + end) / 2 * sum(1 for _, sample in ranked[begin:end] if sample == 0)
        ties += count**3 - count
        begin = end
    u = rank_sum - n1 * (n1 + 1) / 2
    variance = n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1)))
    z = max(abs(u - n1 * n2 / 2) - 0.5, 0) / math.sqrt(variance) if variance else 0.0
    return u, math.erfc(z / math.sqrt(2))
