"""Two databases, one with few users and one with many, and the same requests to both in turn."""

import http.client
import json
import random
import sqlite3
import time
from statistics import median

from drills.cluster import ADMIN, USERS, DrillError

# The cheapest hash that argon2 allows, so that a login mostly consists of database work and a signature.
CHEAP_HASH = {"AUTH__PASSWORDS__MEMORY_KIB": 8, "AUTH__PASSWORDS__ITERATIONS": 1}
COLUMNS = "id, username, username_key, password_hash, role, created_at"


class Crowd:
    """A node with its own database, which has this many users besides the sample users."""

    def __init__(self, cluster, number, users, report):
        self.users = users
        if cluster.postgres:
            self.url = cluster.postgres.create_database(f"users{number}")
        else:
            self.url = f"sqlite://{cluster.folder}/users{number}.db"
        self.node = cluster.auth_node(number, self.url, AUTH__DATABASE__CONNECTIONS=4, **CHEAP_HASH)
        self.node.start_and_wait()
        self.node.stop()
        took = self.load(cluster)
        report.progress(f"{users:,} users in {took:.1f} s")
        self.starts, self.times, self.connection = [], {}, None

    def load(self, cluster):
        """All users in bulk, with the password of a sample user; returns the seconds it took."""
        began = time.monotonic()
        if cluster.postgres:
            self.load_by_psql(cluster)
        else:
            database = sqlite3.connect(self.url.removeprefix("sqlite://"))
            query = "SELECT password_hash, max(created_at) FROM users WHERE username = ?"
            hash_, now = database.execute(query, (USERS[0][0],)).fetchone()
            rows = ((10 + n, f"many_{n}", f"many_{n}", hash_, "user", now) for n in range(self.users))
            database.executemany(f"INSERT INTO users ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)
            database.execute("UPDATE sequences SET last = ? WHERE name = 'users'", (10 + self.users,))
            database.commit()
            database.close()
        return time.monotonic() - began

    def load_by_psql(self, cluster):
        statement = f"""
            INSERT INTO users ({COLUMNS})
            SELECT 10 + n, 'many_' || n, 'many_' || n, password_hash, 'user', created_at
            FROM users, generate_series(0, {self.users - 1}) AS n WHERE username = '{USERS[0][0]}';
            UPDATE sequences SET last = {10 + self.users} WHERE name = 'users';
            ANALYZE users"""
        cluster.postgres.execute(self.url, statement)

    def start(self):
        """Adds the seconds from start to ready."""
        began = time.monotonic()
        self.node.start()
        self.node.wait_until_ready()
        self.starts.append(time.monotonic() - began)
        self.token = self.node.log_in(ADMIN)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)

    def stop(self):
        self.connection.close()
        self.node.stop()

    def time(self, what, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        text = json.dumps(body) if body else None
        began = time.perf_counter()
        self.connection.request(method, path, text, headers)
        response = self.connection.getresponse()
        content = response.read()
        self.times.setdefault(what, []).append((time.perf_counter() - began) * 1000)
        if response.status != 200:
            raise DrillError(f"{method} {path}: {response.status} {content.decode()}")

    def ask_once(self):
        """One request of each kind, for a random user or page."""
        n = random.randrange(self.users)
        self.time("login", "POST", "/login", {"username": f"many_{n}", "password": USERS[0][1]})
        self.time("/me", "GET", "/me")
        self.time("/users, first 100", "GET", "/users?limit=100")
        self.time("/users, 100 anywhere", "GET", f"/users?limit=100&after={n}")


def compare(cluster, few, many, requests, report):
    crowds = [Crowd(cluster, number, users, report) for number, users in enumerate((few, many), start=1)]
    for _ in range(5):
        for crowd in crowds:
            crowd.start()
            crowd.stop()
    for crowd in crowds:
        crowd.start()
    report.progress(f"{requests} requests of each kind to both in turn")
    for _ in range(requests):
        for crowd in crowds:
            crowd.ask_once()
    small, large = crowds
    show(report, "start to ready", "s", small.starts[:5], large.starts[:5])
    for what in small.times:
        show(report, what, "ms", small.times[what], large.times[what])


def show(report, what, unit, few, many):
    text = f"{median(few):.3f} {unit} and {median(many):.3f} {unit}, {median(many) / median(few):.2f} times"
    report.figure(f"{what}, median", text)
