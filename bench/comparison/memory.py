"""Memory of a verifier: with many tokens and connections, and after many valid tokens that are used once each."""

import subprocess

from drills.cluster import ROOT, DrillError

from .machine import memory_mib, pinned
from .services import example, replica

#: Upper limits in MiB.
IDLE_GOAL, LOADED_GOAL = 15, 48
MANY_CONNECTIONS = 256


def with_many_tokens(targets, seconds):
    """Peak memory of a verifier, with 10,000 tokens in turn over 256 connections."""
    if targets.find("dashboard-many").run(seconds, MANY_CONNECTIONS)["bad"]:
        raise DrillError("10,000 tokens in turn: not every request succeeded")
    return memory_mib(targets.servers.replica.process.pid, "VmHWM")


def after_distinct_tokens(servers, count, report):
    """Peak memory of a verifier after that many different tokens, and how many of them it has cached. They are signed with the
    fixed test key on the load generator's core, which takes far longer than verifying them."""
    settings = {
        "RESOURCE__PUBLIC_KEY_FILE": ROOT / "shared" / "src" / "testing" / "public_key.pem",
        "RESOURCE__ISSUER": "http://localhost:5000",
    }
    verifier = replica(servers.cluster, servers.serving, servers.issuer, number=2, **settings)
    verifier.start_and_wait()
    command = pinned(servers.driving, [example("distinct_tokens"), f"{verifier.url}/dashboard", str(count)])
    log = servers.cluster.folder / "distinct_tokens.log"
    driver = servers.cluster.spawn(command, log, {"PATH": "/usr/bin:/bin"}, output=subprocess.PIPE)
    for line in driver.stdout:
        taken = int(line)
        report.progress(f"{taken:,} different tokens sent, {memory_mib(verifier.process.pid):.1f} MiB resident")
    if driver.wait() != 0:
        raise DrillError(f"not every valid token was accepted: {log.read_text().strip()}")
    most, held = memory_mib(verifier.process.pid, "VmHWM"), verifier.figure("token_cache_tokens")
    verifier.stop()
    return most, int(held)
