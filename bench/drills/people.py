"""People who register, log in, refresh and log out, and remember what was acknowledged."""

import collections
import random
import threading
import time

from .cluster import payload

# Above the time after which a node responds in any case: it would still execute a request that its client has given up.
TIMEOUT_SECS = 20
# How long somebody retries.
PATIENCE_SECS = 90
PASSWORD = "correct horse"
REFRESHES = 3


class Ledger:
    """What nodes have acknowledged, and which of their responses were wrong."""

    def __init__(self):
        self.lock = threading.Lock()
        self.names, self.ended, self.open = [], [], []
        # Node, start and end of each acknowledged write, and of each request without a response or with 503.
        self.acknowledged, self.refused = [], []
        self.retried, self.wrong = collections.Counter(), []

    def note(self, node, began, status):
        with self.lock:
            record = (node.name, began, time.monotonic())
            (self.refused if status in (0, 503) else self.acknowledged).append(record)

    def note_wrong(self, text):
        with self.lock:
            self.wrong.append(text)


class Person(threading.Thread):
    """One account after another: registers, logs in, refreshes; every second one logs out."""

    def __init__(self, number, nodes, ledger, pause):
        super().__init__(daemon=True)
        self.number, self.nodes, self.ledger, self.pause = number, nodes, ledger, pause
        self.stopping = threading.Event()

    def run(self):
        lives = 0
        while not self.stopping.wait(random.uniform(0, 2 * self.pause)):
            lives += 1
            name = f"person_{self.number}_{lives}"
            if not self.register(name):
                continue
            tokens = self.ask("login", 200, "/login", body={"username": name, "password": PASSWORD})
            for _ in range(REFRESHES):
                tokens = tokens and self.pause_and(lambda tokens=tokens: self.refresh(tokens))
            if not tokens:
                continue
            if lives % 2:
                self.log_out(tokens)
            else:
                with self.ledger.lock:
                    self.ledger.open.append(tokens)

    def pause_and(self, act):
        time.sleep(random.uniform(0, 2 * self.pause))
        return act()

    def register(self, name):
        def is_done(response, retried):
            # The response to an earlier attempt was lost.
            return response.status == 201 or (retried and response.error == "username_taken")

        done = self.ask("register", is_done, "/register", body={"username": name, "password": PASSWORD})
        if done:
            with self.ledger.lock:
                self.ledger.names.append(name)
        return done

    def refresh(self, tokens):
        """The next tokens. A retry sends the same token, and must succeed."""
        return self.ask("refresh", 200, "/refresh", token=tokens["refresh_token"])

    def log_out(self, tokens):
        if self.ask("logout", 200, "/logout", token=tokens["access_token"]):
            with self.ledger.lock:
                self.ledger.ended.append(tokens)

    def ask(self, what, expected, path, token=None, body=None):
        """The body of the expected response; retries at the other node while there is none, or 503."""
        retried, patience = False, time.monotonic() + PATIENCE_SECS
        while time.monotonic() < patience:
            node, began = random.choice(self.nodes), time.monotonic()
            response = node.ask("POST", path, token, body, timeout=TIMEOUT_SECS)
            is_expected = expected(response, retried) if callable(expected) else response.status == expected
            self.ledger.note(node, began, 200 if is_expected else response.status)
            if is_expected:
                return response.json
            if response.status not in (0, 503):
                before = "after a retry" if retried else "at the first attempt"
                self.ledger.note_wrong(f"{what} {before}: {response.status} {response.error} of {node.name}")
                return None
            retried = True
            self.ledger.retried[what] += 1
            time.sleep(0.1)
        self.ledger.note_wrong(f"{what}: no success within {PATIENCE_SECS} s")
        return None


def lost(ledger, servers, checked):
    """What was acknowledged and is not in the database. Sessions that ended must be revoked, others must not."""
    with ledger.lock:
        names, ended, opened = list(ledger.names), list(ledger.ended), list(ledger.open)
    present = set(servers.query("SELECT username FROM users", "auth"))
    revoked = dict(row.split("|") for row in servers.query("SELECT id, revoked_at IS NOT NULL FROM sessions", "auth"))
    checked["names"], checked["logouts"], checked["sessions"] = len(names), len(ended), len(opened)
    yield from (f"{name} is not registered" for name in names if name not in present)
    yield from (f"the logout of {sid(tokens)} is lost" for tokens in ended if revoked.get(sid(tokens)) == "f")
    yield from (f"the session {sid(tokens)} is lost" for tokens in opened if revoked.get(sid(tokens)) != "f")


def sid(tokens):
    return payload(tokens["access_token"])["sid"]
