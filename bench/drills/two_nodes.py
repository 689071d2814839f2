"""Nodes that start concurrently on an empty PostgreSQL: one key, one set of sample users."""

from .cluster import USERS, kid
from .report import Report

DATABASES = ["postgres"]


def add_arguments(command):
    command.add_argument("--nodes", type=int, default=4, help="number of nodes (default: 4)")
    command.add_argument("--rounds", type=int, default=10, help="number of rounds (default: 10)")


def run(cluster, args):
    rounds = 2 if args.quick else args.rounds
    report = Report(f"two-nodes, {args.nodes} nodes, {rounds} rounds")
    keys, users, signers, starts = [], [], [], []
    for number in range(rounds):
        url = cluster.postgres.create_database(f"round_{number}")
        nodes = [cluster.auth_node(index + 1, url) for index in range(args.nodes)]
        for node in nodes:
            node.start()
        starts.append(max(node.wait_until_ready() for node in nodes))
        keys.append(len(nodes[0].keys()))
        tokens = [node.log_in(user) for node in nodes for user in USERS]
        signers.append(len({kid(token) for token in tokens}))
        users.append(sorted(user["username"] for user in nodes[-1].get("/users", tokens[-1]).json["users"]))
        for node in nodes:
            node.stop()
        report.progress(f"round {number + 1}: {keys[-1]} key, {len(users[-1])} users")
    expected = sorted(name for name, _ in USERS)
    report.figure("nodes, rounds", f"{args.nodes}, {rounds}")
    report.figure("keys after a start", f"{min(keys)} to {max(keys)}")
    report.figure("users after a start", f"{min(map(len, users))} to {max(map(len, users))}")
    report.figure("logins at every node by every user", rounds * args.nodes * len(USERS))
    report.figure("from start to all ready", max(starts), "s at most")
    report.claim("there is one key, and every node signs with it", set(keys) == set(signers) == {1})
    report.claim("there is one set of sample users, and each can log in at every node", all(u == expected for u in users))
    return report.end()
