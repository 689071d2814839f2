"""auth-service is killed at random moments of rotations: one key signs, logins work, tokens verify.

Keys rotate every 3 s and are published 1 s ahead; every second kill also falls into a rotation asked for by an admin."""

import random
import threading
import time

from .cluster import DrillError, kid
from .report import Report

DATABASES = ["sqlite", "postgres"]
REFRESH_SECS = 1
# Nodes look once a second or so for what another has changed.
NODE_SECS = 1.2


def add_arguments(command):
    command.add_argument("--kills", type=int, default=30, help="how often (default: 30)")
    command.add_argument("--seed", type=int, help="of the random moments")


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
    kids, problems, starts, accepts, refusals = set(), [], [], [], 0
    for number in range(1, kills + 1):
        victim = chance.choice(nodes)
        older = victim.log_in()
        asked = None
        if number % 2 == 0:
            body = {"force": chance.random() < 0.5}
            asked = threading.Thread(target=victim.post, args=("/keys/rotate", body, older))
            asked.start()
            time.sleep(chance.uniform(0, 0.4))
        else:
            time.sleep(chance.uniform(0, 3))
        victim.kill()
        if asked:
            asked.join()
        starts.append(victim.start_and_wait())
        problems += [f"kill {number}: {problem}" for problem in flaws(victim.keys())]
        for node in nodes:
            token = node.log_in()
            kids |= {kid(older), kid(token)}
            for replica in replicas:
                took, refused = until_accepted(replica, token)
                accepts.append(took)
                refusals += refused
                if replica.get("/dashboard", older).status != 200:
                    problems.append(f"kill {number}: {replica.name} refuses the token from before")
        if number % 5 == 0:
            report.progress(f"{number} kills, {len(kids)} keys, {len(problems)} problems")
    for problem in problems:
        report.progress(problem)
    report.figure("auth-service nodes, replicas", f"{len(nodes)}, {len(replicas)}")
    report.figure("kills", kills)
    report.figure("keys that signed", len(kids))
    report.figure("from start to ready", max(starts), "s at most")
    report.figure("tokens of logins after a restart, tried at a replica", len(accepts))
    report.figure("of them refused at first", refusals)
    report.figure("accepted after", max(accepts), "s at most")
    report.claim("after each there is one current key, and every key before it has an end", not problems)
    # A rotation by force publishes nothing ahead; a replica may then ask a node that has yet to look at the database.
    limit = REFRESH_SECS + (NODE_SECS if len(nodes) > 1 else 0)
    report.claim(f"every new token is accepted within {limit:g} s", max(accepts) <= limit)
    return report.end()


def flaws(keys):
    """What is wrong with the keys."""
    current = [key for key in keys if key["stage"] == "current"]
    if len(current) != 1:
        yield f"{len(current)} current keys"
    for key in keys:
        if key["stage"] == "previous" and key["forget_at"] is None:
            yield f"{key['kid']} is a previous key without an end"
    if not any(key["stage"] == "next" for key in keys) and any(key["forget_at"] for key in current):
        yield "the current key has an end, but no successor"


def until_accepted(replica, token):
    """After how many seconds, and whether it was refused before."""
    began, refused = time.monotonic(), 0
    while replica.get("/dashboard", token).status != 200:
        refused = 1
        if time.monotonic() - began > 10:
            raise DrillError(f"{replica.name} does not accept a token")
        time.sleep(0.02)
    return time.monotonic() - began, refused
