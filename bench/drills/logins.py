"""Continuous logins during a drill, and a file with tokens of every key for the load."""

import os
import threading
import time

from .cluster import USERS, Response, kid, payload


class Logins:
    """A thread that logs in at the nodes in turn, sends each new token to every replica immediately, and maintains a file
    with the newest token of each key while that token is valid."""

    # Tokens are removed before they expire, since the load reads the file only once a second.
    MARGIN_SECS = 4

    def __init__(self, nodes, replicas=(), pause=0.2, name="tokens"):
        self.nodes, self.replicas, self.pause = nodes, replicas, pause
        self.path = nodes[0].cluster.folder / name
        self.kids, self.newest = {}, {}
        self.done = self.failed = self.first_uses = self.first_uses_rejected = 0
        self.problems = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.log_in(0)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def run(self):
        turn = 0
        while not self.stopping.wait(self.pause):
            turn += 1
            self.log_in(turn)

    def log_in(self, turn):
        node, user = self.nodes[turn % len(self.nodes)], USERS[turn % len(USERS)]
        response = node.post("/login", {"username": user[0], "password": user[1]})
        self.done += 1
        if response.status != 200:
            self.failed += 1
            self.note(f"{node.name} responds to a login with", response)
            return
        token = response.json["access_token"]
        self.kids.setdefault(kid(token), time.monotonic())
        self.newest[kid(token)] = token
        for replica in self.replicas:
            self.first_uses += 1
            used = replica.get("/dashboard", token)
            if used.status != 200:
                self.first_uses_rejected += 1
                self.note(f"{replica.name} responds to the first use of a token with", used)
        self.write()

    def write(self):
        now = time.time() + self.MARGIN_SECS
        self.newest = {kid: token for kid, token in self.newest.items() if payload(token)["exp"] > now}
        draft = self.path.with_suffix(".draft")
        draft.write_text("\n".join(self.newest.values()) + "\n")
        os.replace(draft, self.path)

    def note(self, what, response: Response):
        if len(self.problems) < 20:
            self.problems.append(f"{what} {response.status} {response.body.decode(errors='replace')}")
