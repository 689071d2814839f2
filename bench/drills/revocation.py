"""Revocation and role changes reach every replica within one poll, without a call per request.

Three replicas poll status lists every 2 s, under load; then requests are counted, refresh tokens are used concurrently and
across kills, and finally the issuer is down for longer than lists are trusted."""

from . import issuer_requests, old_lists, refreshing, changes
from .report import Report

DATABASES = ["sqlite", "postgres"]


def add_arguments(command):
    command.add_argument("--rounds", type=int, help="rounds of each kind of revocation (default: 20; quick: 2)")


def run(cluster, args):
    rounds = args.rounds or (2 if args.quick else 20)
    report = Report(f"revocation, {cluster.database}, {rounds} rounds")
    nodes, replicas = cluster.start()
    report.figure("auth-service nodes, replicas", f"{len(nodes)}, {len(replicas)}")
    changes.run(report, nodes, replicas, rounds)
    issuer_requests.run(report, nodes, replicas, 6 if args.quick else 30)
    refreshing.concurrent_refreshes(report, nodes, replicas, 2 if args.quick else 10)
    refreshing.killed(report, nodes, 3 if args.quick else 20)
    for replica in replicas:
        replica.stop()
    old_lists.run(report, cluster, nodes, 8 if args.quick else 20)
    return report.end()
