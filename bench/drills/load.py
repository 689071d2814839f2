"""Load by wrk: one run against one replica."""

import json
import os
import pathlib
import signal
import subprocess

from .cluster import DrillError, tool

SCRIPTS = pathlib.Path(__file__).resolve().parent


class Load:
    """A running wrk. `failed` counts responses with status 400 and above, and broken connections."""

    def __init__(self, cluster, replica, script, seconds, connections=8, threads=1, path="/dashboard", arguments=()):
        wrk = tool("wrk", "apt-get install wrk")
        self.replica = replica
        command = [wrk, "-t", threads, "-c", connections, "-d", f"{seconds}s", "-s", SCRIPTS / script]
        command += [replica.url + path, "--", *arguments]
        log = cluster.folder / "wrk.log"
        self.process = cluster.spawn(list(map(str, command)), log, dict(os.environ), output=subprocess.PIPE)
        self.cluster = cluster

    def wait(self):
        """Waits until it exits and reads its results."""
        out, _ = self.process.communicate()
        self.cluster.end(self.process, 0)
        lines = [line for line in out.decode().splitlines() if line.startswith("{")]
        if self.process.returncode != 0 or not lines:
            raise DrillError(f"wrk failed: {out.decode()[-500:]}")
        self.figures = {}
        for line in lines:
            self.figures |= json.loads(line)
        return self

    def stop(self):
        """Stops it early and reads its results."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    @property
    def done(self):
        return self.process.poll() is not None

    @property
    def sent(self):
        return self.figures["requests"]

    def status(self, *codes):
        """How many responses had one of these statuses, if the script counts them."""
        return sum(self.figures["statuses"].get(str(code), 0) for code in codes)

    @property
    def rejected(self):
        return self.figures["status"]

    @property
    def failed(self):
        return self.rejected + sum(self.figures[key] for key in ("connect", "read", "write", "timeout"))

    @property
    def rate(self):
        return self.sent / self.figures["seconds"]

    @property
    def p99_ms(self):
        return self.figures["p99_ms"]
