"""Thousands of slow connections to auth-service and to a replica: they are closed in time, and other clients notice nothing.

A quarter each sends its headers, its body, or the headers of its second request at a byte per second, or never reads."""

import os
import time

from .cluster import DEFAULT_LIMITS
from .floods import Session, memory_mib
from .paced import Paced
from .report import Report
from .slow import KINDS, NO_READING, Slow

DATABASES = ["sqlite", "postgres"]
# How long requests may take to arrive, and responses to be received; and what the drill's clock adds.
REQUEST_SECS, RESPONSE_SECS, MARGIN_SECS = 10, 30, 3
P99_MS = 100


def add_arguments(command):
    command.add_argument("--seconds", type=int, default=60, help="duration (default: 60)")
    command.add_argument("--connections", type=int, default=2000, help="slow connections to each service (default: 2000)")


def run(cluster, args):
    seconds, connections = (16, 400) if args.quick else (args.seconds, args.connections)
    report = Report(f"slow-clients, {seconds} s, {connections:,} connections to each service")
    [node, *_], [replica] = cluster.start(nodes=1, replicas=1, auth=DEFAULT_LIMITS)
    sessions = [Session(node) for _ in range(1 + seconds // 20)]
    memory_before = [memory_mib(service) for service in (node, replica)]
    ways = {
        "/dashboard": Paced(lambda _: replica.get("/dashboard", sessions[0].access_token), 0.05, threads=2),
        "/health/ready": Paced(lambda turn: (node, replica)[turn % 2].get("/health/ready"), 0.05, threads=2),
        "/refresh": Paced(lambda turn: sessions[turn % len(sessions)].refresh(), 0.1),
    }
    files, growth = 0, 0
    with Slow(node, connections, "/login") as at_node, Slow(replica, connections, "/") as at_replica:
        with ways["/dashboard"], ways["/health/ready"], ways["/refresh"]:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(1)
                files = max(files, *(open_files(service) for service in (node, replica)))
                memory = [memory_mib(service) for service in (node, replica)]
                growth = max(growth, *(now - before for now, before in zip(memory, memory_before)))
                if int(end - time.monotonic()) % 10 == 0:
                    report.progress(f"{open_files(node):,} and {open_files(replica):,} open files, {growth:+.0f} MiB")
    held = {kind: max(at_node.held[kind], at_replica.held[kind]) for kind in KINDS}
    for name, slow in (("auth-service", at_node), ("the replica", at_replica)):
        closed = ", ".join(f"{kind} {slow.closed[kind]:,}" for kind in KINDS)
        report.figure(f"{name}: connections closed", closed)
        report.figure(f"{name}: connections refused", slow.refused)
        report.figure(f"{name}: responses", ", ".join(f"{what} {count:,}" for what, count in sorted(slow.statuses.items())))
    report.figure("held at most", ", ".join(f"{kind} {longest:.0f} s" for kind, longest in held.items()))
    report.figure("open files of a service", files, "at most")
    report.figure("memory of a service", f"{growth:+.1f} MiB at most")
    for name, way in ways.items():
        report.figure(f"other clients, {name}", way)
    for kind in KINDS:
        # A replica reads no body: it responds at once, and the rest of the body is like the headers of another request.
        limit = RESPONSE_SECS if kind == NO_READING else REQUEST_SECS
        if seconds > limit + MARGIN_SECS:
            report.claim(f"{kind}: closed within {limit} s", held[kind] <= limit + MARGIN_SECS)
    slowest = max(way.percentile_ms(99) for way in ways.values())
    report.claim(f"p99 of other clients is below {P99_MS} ms", slowest < P99_MS)
    report.claim("none of their requests fails", not any(way.failed for way in ways.values()))
    return report.end()


def open_files(service):
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))
