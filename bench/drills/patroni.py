"""Three PostgreSQL servers under Patroni, with one etcd, in the folder of a drill."""

import contextlib
import glob
import http.client
import itertools
import json
import os
import pathlib
import pwd
import secrets
import signal
import string
import subprocess
import threading
import time

from .cluster import DrillError, MissingTool, tool, wait_until

TEMPLATE = pathlib.Path(__file__).resolve().with_name("patroni.yml")
MEMBERS = 3
# Apart from those of other drills: a server that starts again needs its port.
PORTS = range(7200, 7300)


class Member:
    """A PostgreSQL server and its Patroni."""

    def __init__(self, servers, number):
        self.servers, self.name = servers, f"pg-{number}"
        self.port, self.rest_port = servers.cluster.port(), servers.cluster.port()
        self.folder = servers.cluster.folder / self.name
        self.process, self.stopped = None, []

    def start(self):
        """Starts Patroni, which starts PostgreSQL."""
        log = self.servers.cluster.folder / f"{self.name}.log"
        command = [*self.servers.prefix, self.servers.patroni, str(self.folder / "patroni.yml")]
        self.process = self.servers.cluster.spawn(command, log, dict(os.environ))
        # The servers are stopped after everything else.
        self.servers.cluster.processes.remove(self.process)

    def postmaster(self):
        """The process id of PostgreSQL, if it runs."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            number = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            if parent(number) is not None:
                return number
        return None

    def processes(self):
        """Patroni, PostgreSQL and its backends."""
        postmaster = self.postmaster()
        backends = [number for number in running() if postmaster and parent(number) == postmaster]
        return [self.process.pid, *filter(None, [postmaster]), *backends]

    def kill(self):
        """SIGKILL for all of them, as in a crash of the machine."""
        for number in self.processes():
            send(number, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: self.postmaster() is None, 10, f"{self.name} has ended")

    def freeze(self):
        """SIGSTOP for all of them: connections stay open, and nothing responds."""
        while missing := [number for number in self.processes() if number not in self.stopped]:
            for number in missing:
                send(number, signal.SIGSTOP)
            self.stopped += missing

    def thaw(self):
        """PostgreSQL first, so that for a moment there are two servers that consider themselves the primary."""
        for number in reversed(self.stopped):
            send(number, signal.SIGCONT)
        self.stopped = []

    def end(self):
        self.thaw()
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        # As in a crash: nothing here is needed any more.
        for number in (self.postmaster() and self.processes() or []):
            send(number, signal.SIGKILL)

    def ask(self, path, method="GET", body=None, timeout=0.5):
        """The JSON of a response of Patroni's REST API; None if there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.rest_port, timeout=timeout)
        try:
            connection.request(method, path, body and json.dumps(body))
            text = connection.getresponse().read()
            return json.loads(text) if text.startswith(b"{") else {"text": text.decode()}
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def is_primary(self):
        """Whether it accepts writes: Patroni asks `pg_is_in_recovery()` for every response."""
        return (self.ask("/patroni") or {}).get("role") in ("master", "primary")


class Patroni:
    """The servers. One of them is the primary, one of the others its synchronous standby."""

    def __init__(self, cluster):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            raise MissingTool("PostgreSQL is missing: apt-get install postgresql")
        self.cluster, self.bin = cluster, found[-1]
        self.patroni = tool("patroni", "apt-get install patroni")
        self.etcd = tool("etcd", "apt-get install etcd-server")
        self.password, self.prefix, self.owner = secrets.token_hex(16), [], None
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            try:
                self.owner = pwd.getpwnam("postgres")
            except KeyError:
                raise MissingTool("root needs the system user postgres: apt-get install postgresql") from None
            setpriv = tool("setpriv", "apt-get install util-linux")
            self.prefix = [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            cluster.folder.chmod(0o711)
        cluster.ports = itertools.cycle(PORTS)
        self.members = [Member(self, number + 1) for number in range(MEMBERS)]

    def start(self):
        self.start_etcd()
        for member in self.members:
            self.configure(member)
            member.start()
        wait_until(self.is_whole, 90, "three PostgreSQL servers, one of them a synchronous standby", pause=0.2)
        self.query("CREATE ROLE auth LOGIN PASSWORD '" + self.password + "'")
        self.query("CREATE DATABASE auth OWNER auth")
        return self

    def start_etcd(self):
        client, peer = (f"http://127.0.0.1:{self.cluster.port()}" for _ in range(2))
        self.etcd_port = client.rpartition(":")[2]
        # v2, since Patroni 3.0.2 takes the lock back by v3 after it was frozen, although another server has it by then: two
        # servers accept writes, and those of one of them are lost.
        command = [self.etcd, "--name", "one", "--enable-v2", "--data-dir", str(self.cluster.folder / "etcd")]
        command += ["--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer]
        command += ["--initial-advertise-peer-urls", peer, "--initial-cluster", f"one={peer}"]
        self.etcd_process = self.cluster.spawn(command, self.cluster.folder / "etcd.log", dict(os.environ))
        self.cluster.processes.remove(self.etcd_process)

    def configure(self, member):
        member.folder.mkdir(mode=0o700)
        values = {"name": member.name, "rest_port": member.rest_port, "etcd_port": self.etcd_port, "port": member.port}
        values |= {"bin": self.bin, "folder": member.folder, "password": self.password}
        file = member.folder / "patroni.yml"
        file.write_text(string.Template(TEMPLATE.read_text()).substitute(values))
        if self.owner:
            for path in (member.folder, file):
                os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def stop(self):
        for member in self.members:
            member.end()
        if getattr(self, "etcd_process", None):
            self.cluster.end(self.etcd_process, signal.SIGTERM)

    @property
    def url(self):
        """The database for auth-service."""
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in self.members)
        return f"postgres://auth:{self.password}@{hosts}/auth?target_session_attrs=read-write"

    def primary(self):
        """The member that accepts writes."""
        found = [member for member in self.members if not member.stopped and member.is_primary()]
        if len(found) != 1:
            raise DrillError(f"{len(found)} servers accept writes")
        return found[0]

    def is_whole(self):
        """Whether all members run on the same timeline, and one is a synchronous standby."""
        members = (self.members[0].ask("/cluster") or {}).get("members", [])
        return (
            len(members) == MEMBERS
            and all(member["state"] in ("running", "streaming") for member in members)
            and sorted(member["role"] for member in members) == ["leader", "replica", "sync_standby"]
            and len({member.get("timeline") for member in members}) == 1
            and all(member.get("lag", 0) == 0 or isinstance(member.get("lag"), int) for member in members)
        )

    def query(self, statement, database="postgres"):
        """The rows of a statement on the primary."""
        url = f"postgres://postgres:{self.password}@127.0.0.1:{self.primary().port}/{database}"
        command = [f"{self.bin}/psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise DrillError(f"psql: {done.stderr}")
        return done.stdout.splitlines()


class Promotion(threading.Thread):
    """Waits until a server other than the old primary accepts writes, and notes when."""

    def __init__(self, servers, old):
        super().__init__(daemon=True)
        self.others = [member for member in servers.members if member is not old]
        self.at = self.member = None

    def run(self):
        ends = time.monotonic() + 90
        while time.monotonic() < ends:
            for member in self.others:
                if member.is_primary():
                    self.at, self.member = time.monotonic(), member
                    return
            time.sleep(0.05)


def send(number, what):
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, what)


def running():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def parent(number):
    """The parent of a process; None if it has ended."""
    try:
        state, ppid = pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else int(ppid)
