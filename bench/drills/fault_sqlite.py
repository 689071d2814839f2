"""Faults of a SQLite database: another program has locked it, or its write-ahead log is damaged at the end."""

import contextlib
import os
import pathlib
import sqlite3

from .cluster import Cluster
from .fault_users import CHEAP_HASH, Users


def locked(report):
    """Another program holds the write lock."""
    with Cluster("faults", "sqlite") as cluster:
        [node], _ = cluster.start(replicas=0, auth=CHEAP_HASH)
        users = Users(node)
        users.register()
        file = cluster.database_url.removeprefix("sqlite://")
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            users.register_for(5)
            reads = [node.get("/health/live").status, node.get("/.well-known/jwks.json").status]
            other.execute("ROLLBACK")
        report.claim("locked database: writes get 503 busy", users.refusals == {(503, "busy")})
        report.claim("locked database: what needs no write is served", reads == [200, 200])
        took = users.register_until(201, 5, "a registration after the lock")
        report.figure("locked database: first user after the lock", took, "s")
        report.claim("locked database: nothing acknowledged is lost", not users.lost())


def damaged_wal(report):
    """The process is killed, and the last frame of the log is only half there."""
    with Cluster("faults", "sqlite") as cluster:
        [node], _ = cluster.start(replicas=0, auth=CHEAP_HASH)
        users, log = Users(node), pathlib.Path(f"{cluster.database_url.removeprefix('sqlite://')}-wal")
        for _ in range(20):
            users.register()
        node.kill()
        with log.open("ab") as file:
            file.write(os.urandom(2000))
        node.start_and_wait()
        checks = [cluster.query("PRAGMA integrity_check")[0][0]]
        report.claim("half a frame at the end of the log: nothing acknowledged is lost", not users.lost())
        for _ in range(20):
            users.register()
        node.kill()
        size = log.stat().st_size
        os.truncate(log, size - 1500)
        node.start_and_wait()
        checks.append(cluster.query("PRAGMA integrity_check")[0][0])
        report.figure("truncated log: size, users of 40 lost", f"{size:,} bytes, {len(users.lost())}")
        # What was in the last transaction is gone with its end.
        report.claim("truncated log: only the last transaction is lost", len(users.lost()) <= 1)
        report.claim("damaged log: PRAGMA integrity_check succeeds each time", checks == ["ok", "ok"])
        report.claim("damaged log: users can register afterwards", users.register() == 201)
