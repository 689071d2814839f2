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
        # Any answer will do: a protected route says so of a request without a token.
        def ready():
            if self.process.poll() is not None:
                raise DrillError(f"{self.name} ended at once: {self.log.read_text().strip().splitlines()[-3:]}")
            return self.get("/dashboard").status in (401, 403)

        return wait_until(ready, seconds, f"{self.name} is ready", pause=0.005)

    def log_in(self):
        """An access token."""
        answer = self.post("/login", {"username": USER[0], "password": USER[1]})
        if answer.status != 200:
            raise DrillError(f"{self.name} answers a login with {answer.status} {answer.body.decode()}")
        return answer.json["access_token"]


def environment(work_dir, name, report):
    """The folder of a peer's programs. What is there already is used again, if it is what is wanted."""
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
    """All peers, ready, and after how many seconds each was."""
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
    # Python leaves nothing in the folder of the sources.
    tidy = {"PYTHONDONTWRITEBYTECODE": "1"}
    peers = {
        "flask-hs256": Peer(cluster, "flask-hs256", gunicorn, core, {"PEER_KIND": "hs256"} | tidy),
        "flask-rs256": Peer(cluster, "flask-rs256", gunicorn, core, {"PEER_KIND": "rs256"} | rsa | tidy),
        "fastapi": Peer(cluster, "fastapi", uvicorn, core, rsa | tidy),
    }
    started = {}
    for name, peer in peers.items():
        peer.start_and_wait()
        # The first start makes the database; the second is the one to time.
        peer.stop()
        began = time.monotonic()
        peer.start_and_wait()
        started[name] = time.monotonic() - began
    return peers, started
