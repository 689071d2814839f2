"""The cost of a million live status list entries for a node: startup, responses, and a change."""

import http.client
import sqlite3
import time

from drills.cluster import DrillError, wait_until

CAPACITY = 1 << 17
#: One in this many entries is revoked, and the label of that share.
SHARES = [(1000, "0.1 %"), (100, "1 %"), (10, "10 %"), (2, "50 %")]
PLACE = f"(list_id * {CAPACITY} + idx)"


class Lists:
    """A node whose database has this many full lists, with a live token for each entry."""

    def __init__(self, cluster, full):
        self.cluster, self.full = cluster, full
        if cluster.postgres:
            self.url = cluster.postgres.create_database("lists")
        else:
            self.url = f"sqlite://{cluster.folder}/lists.db"
        self.node = cluster.auth_node(1, self.url, AUTH__WORKERS=1)
        self.node.start_and_wait()
        self.node.stop()
        now = int(time.time())
        self.execute(
            f"DELETE FROM access_tokens; DELETE FROM status_lists;"
            f"UPDATE sequences SET last = {full} WHERE name = 'status_lists';"
            f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {full})"
            f" INSERT INTO status_lists SELECT n, {now}, {CAPACITY}, {now} + 3600, 0, {now} FROM numbers;"
            f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {CAPACITY - 1})"
            f" INSERT INTO access_tokens SELECT id, n, 'session ' || n, NULL, {now} + 3600, 0 FROM status_lists, numbers"
        )

    def execute(self, script):
        """Runs statements without the node."""
        if self.cluster.postgres:
            self.cluster.postgres.execute(self.url, script)
        else:
            database = sqlite3.connect(self.url.removeprefix("sqlite://"), timeout=10)
            database.executescript(script)
            database.close()

    def revoke(self, of):
        """Revokes pseudo-random entries, the same in each run."""
        self.execute(
            f"UPDATE access_tokens SET status = 1 WHERE status = 0 AND {PLACE} * {PLACE} % 2147483647 * {PLACE}"
            f" % 2147483647 * 48271 % 2147483647 % {of} = 0; UPDATE status_lists SET version = version + 1"
        )

    def ask(self, encoding="identity"):
        """The bodies of all lists."""
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)
        bodies = []
        for number in range(1, self.full + 1):
            connection.request("GET", f"/status-lists/{number}", headers={"Accept-Encoding": encoding})
            response = connection.getresponse()
            bodies.append(response.read())
            if response.status != 200:
                raise DrillError(f"list {number}: {response.status}")
        connection.close()
        return bodies

    def measure(self, of, share, report):
        self.revoke(of)
        began = time.monotonic()
        self.node.start()
        self.node.wait_until_ready()
        start = time.monotonic() - began
        began = time.monotonic()
        plain = self.ask()
        served = time.monotonic() - began
        zipped, build = sum(map(len, self.ask("gzip"))), self.node.figure("status_list_build_duration_seconds")
        self.execute(
            f"UPDATE access_tokens SET status = 3 WHERE list_id = 1 AND idx = {of};"
            f"UPDATE status_lists SET version = version + 1, changed_at = {int(time.time())} WHERE id = 1"
        )
        began = time.monotonic()
        wait_until(lambda: self.ask()[0] != plain[0], 20, "the change is served", pause=0.002)
        seen = time.monotonic() - began
        report.figure(
            f"{share} revoked",
            f"start {start:.3f} s, built in {build * 1000:.0f} ms, served in {served * 1000:.1f} ms, "
            f"{sum(map(len, plain)):,} bytes, {zipped:,} with gzip, a change seen after {seen * 1000:.0f} ms",
        )
        self.node.stop()


def measure(cluster, full, report):
    lists = Lists(cluster, full)
    report.progress(f"{full * CAPACITY:,} live entries in {full} lists")
    for of, share in SHARES:
        lists.measure(of, share, report)
