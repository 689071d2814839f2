"""Load by wrk: one run against one replica."""

import json
import os
import pathlib
import signal
import subprocess

from .cluster import DrillError, tool

SCRIPTS = pathlib.Path(__file__).resolve().parent


class Load:
    """A run of wrk that has begun. `failed` counts answers of 400 and above, and connections that broke."""

    def __init__(self, cluster, replica, script, seconds, connections=8, threads=1, path="/dashboard", arguments=()):
        wrk = tool("wrk", "apt-get install wrk")
        self.replica = replica
        command = [wrk, "-t", threads, "-c", connections, "-d", f"{seconds}s", "-s", SCRIPTS / script]
        command += [replica.url + path, "--", *arguments]
        log = cluster.folder / "wrk.log"
        self.process = cluster.spawn(list(map(str, command)), log, dict(os.environ), output=subprocess.PIPE)
        self.cluster = cluster

    def wait(self):
        """Waits for its end, and has the figures then."""
        out, _ = self.process.communicate()
        self.cluster.end(self.process, 0)
        lines = [line for line in out.decode().splitlines() if line.startswith("{")]
        if self.process.returncode != 0 or not lines:
            raise DrillError(f"wrk failed: {out.decode()[-500:]}")
        self.figures = json.loads(lines[-1])
        return self

    def stop(self):
        """Ends it before its time, and has the figures then."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    @property
    def done(self):
        return self.process.poll() is not None

    @property
    def sent(self):
        return self.figures["requests"]

    @property
    def refused(self):
        return self.figures["status"]

    @property
    def failed(self):
        return self.refused + sum(self.figures[key] for key in ("connect", "read", "write", "timeout"))

    @property
    def rate(self):
        return self.sent / self.figures["seconds"]

    @property
    def p99_ms(self):
        return self.figures["p99_ms"]
