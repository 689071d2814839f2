"""Requests at a steady rate during a drill: what other clients notice of it."""

import collections
import threading
import time


class Paced:
    """Threads that call `send(turn)` every `pause` seconds in all, and record how long each call took and what it returned: a
    response. A call that takes longer delays only the next one of its thread."""

    def __init__(self, send, pause, threads=1):
        self.send, self.pause, self.threads = send, pause, threads
        self.took, self.statuses, self.turn = [], collections.Counter(), 0
        self.lock, self.stopping = threading.Lock(), threading.Event()

    def __enter__(self):
        self.running = [threading.Thread(target=self.run, args=(number,), daemon=True) for number in range(self.threads)]
        for thread in self.running:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.running:
            thread.join()

    def run(self, number):
        due = time.monotonic() + number * self.pause
        while not self.stopping.wait(max(0, due - time.monotonic())):
            with self.lock:
                self.turn += 1
                turn = self.turn
            began = time.monotonic()
            response = self.send(turn)
            took = time.monotonic() - began
            with self.lock:
                self.took.append(took)
                self.statuses[response.status] += 1
            due = max(due + self.pause * self.threads, time.monotonic())

    @property
    def sent(self):
        return len(self.took)

    @property
    def failed(self):
        """How many responses were missing or not 200."""
        return self.sent - self.statuses[200]

    def within(self, seconds):
        """Which share of the requests succeeded within this time."""
        slow = sum(took > seconds for took in self.took)
        return max(0, self.sent - self.failed - slow) / max(1, self.sent)

    def percentile_ms(self, percent):
        return percentile(self.took, percent) * 1000

    def __str__(self):
        counts = ", ".join(f"{count:,} with status {status}" for status, count in sorted(self.statuses.items()))
        p50, p99, most = (self.percentile_ms(percent) for percent in (50, 99, 100))
        return f"{counts}; p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {most:.0f} ms"


def percentile(values, percent):
    ordered = sorted(values) or [float("inf")]
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
