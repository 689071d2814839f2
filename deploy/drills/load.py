"""The load on the cluster: requests from wrk, and users who register and log in."""

import http.client
import itertools
import json
import os
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from cluster import PORT, URL

PROTECTED = ["/dashboard", "/profile", "/admin"]
OF_BOTH = ["/", "/dashboard", "/profile", "/me", "/.well-known/jwks.json"]
CONNECTIONS = 64
RATE = int(os.environ.get("DRILL_RATE", "2000"))
PASSWORD = "a long password"


def ask(method, path, body=None, token=None, patience=35, more_headers=None):
    """Status, JSON and headers of a response; status 0 if there was none."""
    with closing(http.client.HTTPConnection("localhost", PORT, timeout=patience)) as connection:
        return ask_over(connection, method, path, body, token, more_headers)


def ask_over(connection, method, path, body=None, token=None, more_headers=None):
    """The same over an open connection."""
    headers = {**({"Content-Type": "application/json"} if body is not None else {}), **(more_headers or {})}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, json.loads(response.read() or b"null"), found
    except (OSError, http.client.HTTPException, ValueError):
        connection.close()
        return 0, None, {}


def log_in(username, password):
    tokens = begin_session(username, password)
    return tokens and tokens["access_token"]


def begin_session(username, password):
    """The access token and refresh token of a login; None if it is rejected."""
    status, response, _ = ask("POST", "/login", {"username": username, "password": password})
    return response if status == 200 else None


class Requests:
    """wrk, while the block runs: `with Requests(paths) as load: ...`, then `load.result`."""

    def __init__(self, paths, at_most=300):
        self.paths, self.at_most, self.result = paths, at_most, None

    def __enter__(self):
        settings = {"TOKEN": log_in("admin", "admin123"), "PATHS": " ".join(self.paths),
                    "RATE": str(RATE)}
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.at_most}s", "--timeout", "10s", "-s",
                   str(Path(__file__).with_name("load.lua")), URL]
        self.wrk = subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True)
        time.sleep(2)
        return self

    def __exit__(self, *_):
        time.sleep(2)
        # On SIGINT wrk prints its results.
        self.wrk.send_signal(2)
        output, _ = self.wrk.communicate()
        self.result = json.loads(output.strip().splitlines()[-1])


class Sessions:
    """Clients that keep refreshing their tokens while the block runs, without retries."""

    def __init__(self, clients=4):
        self.refreshed, self.failed, self.lock, self.stopping = 0, [], threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.client, daemon=True) for _ in range(clients)]

    def client(self):
        token = begin_session("user_01", "1234")["refresh_token"]
        while not self.stopping.wait(0.1):
            status, response, _ = ask("POST", "/refresh", {"refresh_token": token})
            with self.lock:
                if status == 200:
                    token = response["refresh_token"]
                    self.refreshed += 1
                else:
                    self.failed.append((status, response and response["error"]))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Users:
    """Clients that register one user after another. Failed registrations are retried once.

    Each keeps its connection: hundreds of new ones per second would exhaust the ports of Docker's proxy.
    """

    def __init__(self, prefix):
        self.prefix, self.acknowledged, self.rejected = prefix, [], 0
        self.last_at = 0.0
        self.numbers = itertools.count()
        self.lock = threading.Lock()
        self.kept = threading.local()

    def post(self, path, username):
        """The status of the response to this username and the password."""
        if not hasattr(self.kept, "connection"):
            self.kept.connection = http.client.HTTPConnection("localhost", PORT, timeout=35)
        body = {"username": username, "password": PASSWORD}
        return ask_over(self.kept.connection, "POST", path, body)[0]

    def register(self, number):
        username = f"{self.prefix}{number}"
        for _ in range(2):
            status = self.post("/register", username)
            with self.lock:
                if status == 201:
                    self.acknowledged.append(username)
                    self.last_at = time.monotonic()
                    return True
                self.rejected += 1
        return False

    def register_many(self, count):
        with ThreadPoolExecutor(16) as clients:
            list(clients.map(self.register, range(count)))

    def register_while(self, clients=2):
        """Registers until `stop()`: at most a hundred per second and client, since the database's disk is small."""
        self.stopping = threading.Event()

        def client():
            while not self.stopping.is_set():
                time.sleep(0.01 if self.register(next(self.numbers)) else 0.1)

        self.threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def count_present(self):
        """The number of acknowledged users who can log in, and the counts of other statuses."""
        with ThreadPoolExecutor(16) as clients:
            statuses = Counter(clients.map(lambda username: self.post("/login", username), self.acknowledged))
        return statuses.pop(200, 0), dict(statuses)
