"""The project's services on the servers' core, and tokens for the load."""

import concurrent.futures
import http.client
import json
import os
import subprocess

from drills.cluster import ROOT, USERS, DrillError, Service, tool, wait_until

from .machine import pinned

USER = USERS[0]


def build(report):
    """Builds the release binaries and the examples: the bare server, the bounds, and the generator of different tokens."""
    cargo = tool("cargo", "install Rust, see https://rustup.rs")
    for what in (
        ["--workspace"],
        ["-p", "shared", "--example", "bare", "--example", "distinct_tokens"],
        ["-p", "auth-service", "--example", "bounds"],
    ):
        report.progress(f"cargo build --release {' '.join(what)}")
        subprocess.run([cargo, "build", "--quiet", "--release", *what], cwd=ROOT, check=True)


def example(name):
    """The path of an example's release build."""
    folder = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return os.path.join(folder, "release", "examples", name)


def auth_node(cluster, core, number, database_url=None, **settings):
    """auth-service with one worker and one hashing thread, not started."""
    node = cluster.auth_node(number, database_url, AUTH__WORKERS=1, AUTH__PASSWORDS__THREADS=1, **settings)
    node.command = pinned(core, node.command)
    node.environment["RUST_LOG"] = "info"
    return node


def replica(cluster, core, node, number=1, **settings):
    """resource-service with one worker, not started."""
    made = cluster.replica(number, node, RESOURCE__WORKERS=1, **settings)
    made.command = pinned(core, made.command)
    return made


class Bare(Service):
    """The bare actix-web server."""

    def __init__(self, cluster, core):
        self.cluster, self.name, self.port, self.process = cluster, "bare", cluster.port(), None
        self.command = pinned(core, [example("bare"), f"127.0.0.1:{self.port}"])
        self.environment, self.log = {}, cluster.folder / "bare.log"

    def wait_until_ready(self, seconds=10):
        return wait_until(lambda: self.get("/").status == 200, seconds, "the bare server is ready")


def bounds(core, seconds):
    """Signatures and hashes per second on that core."""
    command = pinned(core, [example("bounds"), str(seconds)])
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def sessions(node, count):
    """That many token pairs, each from a login."""
    pairs = []
    for _ in range(count):
        response = node.post("/login", {"username": USER[0], "password": USER[1]})
        if response.status != 200:
            raise DrillError(f"{node.name} responds to a login with {response.status} {response.body.decode()}")
        pairs.append(response.json)
    return pairs


def many_tokens(node, count, sessions_at_a_time=8):
    """Distinct access tokens. Logins cost a hash each, so most tokens come from refreshing a few sessions."""

    def refreshed(pair, count):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
        tokens, refresh_token = [pair["access_token"]], pair["refresh_token"]
        while len(tokens) < count:
            connection.request("POST", "/refresh", headers={"Authorization": f"Bearer {refresh_token}"})
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise DrillError(f"{node.name} responds to a refresh with {response.status} {body.decode()}")
            pair = json.loads(body)
            tokens.append(pair["access_token"])
            refresh_token = pair["refresh_token"]
        connection.close()
        return tokens

    pairs, each = sessions(node, sessions_at_a_time), -(-count // sessions_at_a_time)
    with concurrent.futures.ThreadPoolExecutor(sessions_at_a_time) as threads:
        found = list(threads.map(lambda pair: refreshed(pair, each), pairs))
    return [token for tokens in zip(*found) for token in tokens][:count]
