"""Users who register during a fault, and whether those whose registration was acknowledged are there afterwards."""

import time

from .cluster import wait_until

PASSWORD = "a password"
CHEAP_HASH = {"AUTH__PASSWORDS__MEMORY_KIB": 8, "AUTH__PASSWORDS__ITERATIONS": 1}


class Users:
    """Registers users at a node, one after another."""

    def __init__(self, node):
        self.node, self.names, self.number = node, [], 0
        # Each status and code that was not 201.
        self.refusals = set()

    def register(self):
        self.number += 1
        name = f"user_of_fault_{self.number}"
        response = self.node.ask("POST", "/register", body={"username": name, "password": PASSWORD}, timeout=15)
        if response.status == 201:
            self.names.append(name)
        else:
            self.refusals.add((response.status, response.error))
        return response.status

    def register_until(self, status, seconds, what):
        """Registers users until the response has this status; returns the seconds that it took."""
        return wait_until(lambda: self.register() == status, seconds, what)

    def register_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.register()

    def lost(self):
        """Those whose registration was acknowledged and who cannot log in."""
        bodies = [{"username": name, "password": PASSWORD} for name in self.names]
        return [body["username"] for body in bodies if self.node.post("/login", body).status != 200]
