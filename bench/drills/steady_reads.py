"""Reads that go on whatever happens to the database: one after another, from every node."""

import collections
import threading
import time

# A reader gives up after this.
TIMEOUT_SECS = 5


class SteadyReads:
    """A thread for each node and path. Responses with another status than `allowed` are problems."""

    def __init__(self, nodes, paths, allowed=(200,), pause=0.1):
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.statuses, self.slowest, self.problems = collections.Counter(), 0.0, []
        self.allowed, self.pause = allowed, pause
        self.threads = [
            threading.Thread(target=self.read, args=(node, path), daemon=True) for node in nodes for path in paths
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def read(self, node, path):
        while not self.stopping.wait(self.pause):
            began = time.monotonic()
            response = node.ask("GET", path, timeout=TIMEOUT_SECS)
            took = time.monotonic() - began
            with self.lock:
                self.statuses[response.status] += 1
                self.slowest = max(self.slowest, took)
                if response.status not in self.allowed:
                    self.problems.append(f"{path} of {node.name}: {response.status} {response.error} after {took:.2f} s")
