"""wrk on the load generator's core."""

import json
import pathlib
import subprocess

from drills.cluster import DrillError, tool

from .machine import cpu_seconds, pinned

SCRIPT = pathlib.Path(__file__).resolve().parent / "wrk.lua"


def drive(cluster, core, server, path, seconds, connections, arguments=()):
    """One run: successful requests per second, p50 and p99 in milliseconds, the number of failed requests, and the server's
    user and system time per request, in microseconds. Rates also depend on the load generator's core, processor time does not.
    """
    url = server.url + path
    command = [tool("wrk", "apt-get install wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command = pinned(core, [*command, "-s", SCRIPT, url, "--", *arguments])
    before = cpu_seconds(server.process.pid)
    process = cluster.spawn(command, cluster.folder / "wrk.log", {"PATH": "/usr/bin:/bin"}, output=subprocess.PIPE)
    try:
        out, _ = process.communicate()
    finally:
        cluster.end(process, 15)
    after = cpu_seconds(server.process.pid)
    lines = [line for line in out.decode().splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        raise DrillError(f"wrk against {url} failed: {out.decode()[-300:]}, see {cluster.folder / 'wrk.log'}")
    figures = json.loads(lines[-1])
    figures["rate"] = (figures["requests"] - figures["bad"]) / figures["seconds"]
    for name, start, end in zip(("user_us", "system_us"), before, after):
        figures[name] = (end - start) * 1e6 / max(1, figures["requests"])
    return figures
