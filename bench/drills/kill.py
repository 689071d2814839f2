"""auth-service is killed at random moments of rotations: one key signs, logins work, tokens are accepted.

Keys rotate every 3 s and are published 1 s ahead; every second kill also interrupts a rotation requested by an admin."""

import random
import threading
import time

from .cluster import DrillError, kid
from .report import Report

DATABASES = ["sqlite", "postgres"]
REFRESH_SECS = 1
# Nodes check for changes of other nodes about once a second.
NODE_SECS = 1.2


def add_arguments(command):
    command.add_argument("--kills", type=int, default=30, help="number of kills (default: 30)")
    command.add_argument("--seed", type=int, help="seed for the random moments")


def run(cluster, args):
    kills, seed = 4 if args.quick else args.kills, args.seed or random.randrange(10**6)
    chance = random.Random(seed)
    report = Report(f"kill, {cluster.database}, {kills} kills, seed {seed}")
    nodes, replicas = cluster.start(
        auth={
            "AUTH__KEYS__ROTATE_EVERY_SECS": 3,
            "AUTH__KEYS__PUBLISH_AHEAD_SECS": 1,
            "AUTH__TOKENS__ACCESS_TTL_SECS": 15,
        },
        resource={"RESOURCE__KEYS__REFRESH_SECS": REFRESH_SECS},
    )
    kids, problems, starts, accepts, rejections = set(), [], [], [], 0
    for number in range(1, kills + 1):
        victim = chance.choice(nodes)
        older = victim.log_in()
        rotation = None
        if number % 2 == 0:
            body = {"force": chance.random() < 0.5}
            rotation = threading.Thread(target=victim.post, args=("/keys/rotate", body, older))
            rotation.start()
            time.sleep(chance.uniform(0, 0.4))
        else:
            time.sleep(chance.uniform(0, 3))
        victim.kill()
        if rotation:
            rotation.join()
        starts.append(victim.start_and_wait())
        problems += [f"kill {number}: {problem}" for problem in flaws(victim.keys())]
        for node in nodes:
            token = node.log_in()
            kids |= {kid(older), kid(token)}
            for replica in replicas:
                took, rejected = until_accepted(replica, token)
                accepts.append(took)
                rejections += rejected
                if replica.get("/dashboard", older).status != 200:
                    problems.append(f"kill {number}: {replica.name} rejects the token from before")
        if number % 5 == 0:
            report.progress(f"{number} kills, {len(kids)} keys, {len(problems)} problems")
    for problem in problems:
        report.progress(problem)
    report.figure("auth-service nodes, replicas", f"{len(nodes)}, {len(replicas)}")
    report.figure("kills", kills)
    report.figure("keys that signed", len(kids))
    report.figure("from start to ready", max(starts), "s at most")
    report.figure("tokens of logins after a restart, each sent to a replica", len(accepts))
    report.figure("of them rejected at first", rejections)
    report.figure("accepted after", max(accepts), "s at most")
    report.claim("after each there is one current key, and every earlier key has an end", not problems)
    # A forced rotation publishes nothing ahead; a replica may then fetch from a node that has not read the change yet.
    limit = REFRESH_SECS + (NODE_SECS if len(nodes) > 1 else 0)
    report.claim(f"every new token is accepted within {limit:g} s", max(accepts) <= limit)
    return report.end()


def flaws(keys):
    """Problems with the keys."""
    current = [key for key in keys if key["stage"] == "current"]
    if len(current) != 1:
        yield f"{len(current)} current keys"
    for key in keys:
        if key["stage"] == "previous" and key["forget_at"] is None:
            yield f"{key['kid']} is a previous key without an end"
    if not any(key["stage"] == "next" for key in keys) and any(key["forget_at"] for key in current):
        yield "the current key has an end, but no successor"


def until_accepted(replica, token):
    """The seconds until the token is accepted, and 1 if it was rejected before."""
    began, rejected = time.monotonic(), 0
    while replica.get("/dashboard", token).status != 200:
        rejected = 1
        if time.monotonic() - began > 10:
            raise DrillError(f"{replica.name} does not accept a token")
        time.sleep(0.02)
    return time.monotonic() - began, rejected
