"""Logins throughout a drill, and a file with tokens of every key for the load."""

import os
import threading
import time

from .cluster import USERS, Answer, kid, payload


class Logins:
    """A thread that logs in at the nodes in turn, uses each new token at every replica at once, and keeps a file with
    the newest token of each key, for as long as that token is valid."""

    # A token leaves the file before it expires: the load reads the file once a second.
    MARGIN_SECS = 4

    def __init__(self, nodes, replicas=(), pause=0.2, name="tokens"):
        self.nodes, self.replicas, self.pause = nodes, replicas, pause
        self.path = nodes[0].cluster.folder / name
        self.kids, self.newest = {}, {}
        self.done = self.failed = self.first_uses = self.first_uses_refused = 0
        self.problems = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.go_on, daemon=True)

    def __enter__(self):
        self.log_in(0)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def go_on(self):
        turn = 0
        while not self.stopping.wait(self.pause):
            turn += 1
            self.log_in(turn)

    def log_in(self, turn):
        node, user = self.nodes[turn % len(self.nodes)], USERS[turn % len(USERS)]
        answer = node.post("/login", {"username": user[0], "password": user[1]})
        self.done += 1
        if answer.status != 200:
            self.failed += 1
            self.note(f"{node.name} answers a login with", answer)
            return
        token = answer.json["access_token"]
        self.kids.setdefault(kid(token), time.monotonic())
        self.newest[kid(token)] = token
        for replica in self.replicas:
            self.first_uses += 1
            used = replica.get("/dashboard", token)
            if used.status != 200:
                self.first_uses_refused += 1
                self.note(f"{replica.name} answers the first use of a token with", used)
        self.write()

    def write(self):
        now = time.time() + self.MARGIN_SECS
        self.newest = {kid: token for kid, token in self.newest.items() if payload(token)["exp"] > now}
        draft = self.path.with_suffix(".draft")
        draft.write_text("\n".join(self.newest.values()) + "\n")
        os.replace(draft, self.path)

    def note(self, what, answer: Answer):
        if len(self.problems) < 20:
            self.problems.append(f"{what} {answer.status} {answer.body.decode(errors='replace')}")
