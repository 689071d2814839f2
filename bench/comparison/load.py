"""wrk on the driving core."""

import json
import pathlib
import subprocess

from drills.cluster import DrillError, tool

from .machine import pinned

SCRIPT = pathlib.Path(__file__).resolve().parent / "wrk.lua"


def drive(cluster, core, url, seconds, connections, arguments=()):
    """One run: requests a second that were answered well, p50 and p99 in milliseconds, and how many were not."""
    command = [tool("wrk", "apt-get install wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command = pinned(core, [*command, "-s", SCRIPT, url, "--", *arguments])
    process = cluster.spawn(command, cluster.folder / "wrk.log", {"PATH": "/usr/bin:/bin"}, output=subprocess.PIPE)
    try:
        out, _ = process.communicate()
    finally:
        cluster.end(process, 15)
    lines = [line for line in out.decode().splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        raise DrillError(f"wrk against {url} failed: {out.decode()[-300:]}, see {cluster.folder / 'wrk.log'}")
    figures = json.loads(lines[-1])
    figures["rate"] = (figures["requests"] - figures["bad"]) / figures["seconds"]
    return figures
