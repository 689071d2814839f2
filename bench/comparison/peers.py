"""Other systems that do the same work, each in a virtual environment of its own."""

import os
import pathlib
import subprocess
import sys
import time

from drills.cluster import DrillError, MissingTool, Service, wait_until

from .machine import pinned

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "peers"
USER = ("user_01", "1234")


class Peer(Service):
    """A peer's server, one worker, on the serving core."""

    def __init__(self, cluster, name, command, core, settings):
        self.cluster, self.name, self.port = cluster, name, cluster.port()
        self.command, self.process = pinned(core, [*command(self.port)]), None
        database = cluster.folder / f"{name}.db"
        self.environment = {"PATH": os.environ.get("PATH", ""), "PEER_DATABASE": str(database), **settings}
        self.log = cluster.folder / f"{name}.log"

    def wait_until_ready(self, seconds=30):
        # A protected route responds with 401 or 403 without a token.
        def ready():
            if self.process.poll() is not None:
                raise DrillError(f"{self.name} exited during startup: {self.log.read_text().strip().splitlines()[-3:]}")
            return self.get("/dashboard").status in (401, 403)

        return wait_until(ready, seconds, f"{self.name} is ready", pause=0.005)

    def log_in(self):
        """An access token."""
        response = self.post("/login", {"username": USER[0], "password": USER[1]})
        if response.status != 200:
            raise DrillError(f"{self.name} responds to a login with {response.status} {response.body.decode()}")
        return response.json["access_token"]


def environment(work_dir, name, report):
    """The folder of a peer's programs, which are installed unless the required versions are there."""
    wanted = (FOLDER / f"{name}.txt").read_text()
    folder, stamp = work_dir / name, work_dir / f"{name}.installed"
    if not (stamp.is_file() and stamp.read_text() == wanted):
        report.progress(f"installing {name} from PyPI into {folder}")
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, capture_output=True)
            install = [folder / "bin" / "pip", "install", "--quiet", "--requirement", FOLDER / f"{name}.txt"]
            subprocess.run(install, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            raise MissingTool(f"{name} cannot be installed from PyPI: {str(error.stderr)[-500:]}") from error
        stamp.write_text(wanted)
    return folder / "bin"


def start_all(cluster, work_dir, core, report):
    """All peers, ready, and the seconds that each took to start."""
    flask, fastapi = environment(work_dir, "flask", report), environment(work_dir, "fastapi", report)
    key = cluster.folder / "peer.pem"
    subprocess.run(
        ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key],
        check=True,
    )
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", f"{key}.pub"], check=True)

    def gunicorn(port):
        return [flask / "gunicorn", "--chdir", FOLDER, "--workers=1", f"--bind=127.0.0.1:{port}", "flask_app:app"]

    def uvicorn(port):
        plain = ["--workers=1", "--no-access-log", "--log-level=warning"]
        return [fastapi / "uvicorn", "--app-dir", FOLDER, f"--port={port}", *plain, "fastapi_app:app"]

    rsa = {"PEER_KEY": str(key)}
    no_bytecode = {"PYTHONDONTWRITEBYTECODE": "1"}
    peers = {
        "flask-hs256": Peer(cluster, "flask-hs256", gunicorn, core, {"PEER_KIND": "hs256"} | no_bytecode),
        "flask-rs256": Peer(cluster, "flask-rs256", gunicorn, core, {"PEER_KIND": "rs256"} | rsa | no_bytecode),
        "fastapi": Peer(cluster, "fastapi", uvicorn, core, rsa | no_bytecode),
    }
    started = {}
    for name, peer in peers.items():
        peer.start_and_wait()
        # The first start creates the database; the second is timed.
        peer.stop()
        began = time.monotonic()
        peer.start_and_wait()
        started[name] = time.monotonic() - began
    return peers, started
