"""Processes in a temporary folder: auth-service nodes, replicas, a PostgreSQL server."""

import base64
import contextlib
import glob
import http.client
import itertools
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTS = range(7100, 7200)
ADMIN = ("admin", "admin123")
# All load comes from one address and a few users. The limits are checked as usual, and out of its reach.
HIGH_LIMITS = {
    f"AUTH__LIMITS__{limit}_BURST": 1_000_000 for limit in ("ADDRESS", "ACCOUNT", "KNOWN", "REGISTRATION", "SESSION")
} | {"AUTH__LIMITS__SESSIONS_PER_USER": 1_000_000}
# For drills of the limits themselves: an empty variable is treated as unset.
DEFAULT_LIMITS = dict.fromkeys(HIGH_LIMITS, "")
USERS = [("user_01", "1234"), ("user_02", "5678"), ADMIN]


class DrillError(Exception):
    """The drill cannot continue."""


class MissingTool(Exception):
    """Something must be installed or built first."""


def tool(name, remedy):
    """The path of a required program."""
    path = shutil.which(name)
    if path is None:
        raise MissingTool(f"{name} is missing: {remedy}")
    return path


def binary(name):
    """A release binary of this workspace."""
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    if not (folder / name).is_file():
        raise MissingTool(f"{folder / name} is missing: cargo build --release --workspace")
    return str(folder / name)


def wait_until(condition, seconds, what, pause=0.02):
    """Waits for `condition`; returns the seconds it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise DrillError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)
    return time.monotonic() - began


class Response:
    """A response; status 0 if there was none."""

    def __init__(self, status, body=b""):
        self.status, self.body = status, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error code."""
        return self.json.get("error") if self.body else None


class Service:
    """A process of one of our binaries, listening on a loopback port."""

    def __init__(self, cluster, name, program, port, settings):
        self.cluster, self.name, self.port = cluster, name, port
        self.command, self.process = [binary(program)], None
        self.environment = {"PATH": os.environ.get("PATH", ""), "RUST_LOG": "info"}
        self.environment |= {key: str(value) for key, value in settings.items()}
        self.log = cluster.folder / f"{name}.log"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.process = self.cluster.spawn(self.command, self.log, self.environment)
        return self

    def start_and_wait(self, seconds=30):
        """Starts it; returns the seconds until it was ready."""
        self.start()
        return self.wait_until_ready(seconds)

    def wait_until_ready(self, seconds=30):
        def ready():
            if self.process.poll() is not None:
                raise DrillError(f"{self.name} exited during startup: {self.log.read_text().strip().splitlines()[-1:]}")
            return self.get("/health/ready").status == 200

        return wait_until(ready, seconds, f"{self.name} is ready")

    def stop(self):
        self.cluster.end(self.process, signal.SIGTERM)

    def kill(self):
        self.cluster.end(self.process, signal.SIGKILL)

    def command_line(self, *arguments):
        """Runs a command of the program with the same settings; returns exit code, output and errors."""
        done = subprocess.run(
            [*self.command, *arguments],
            env=self.environment | {"RUST_LOG": "warn"},
            cwd=self.cluster.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout, done.stderr

    def ask(self, method, path, token=None, body=None, timeout=5, address=None):
        """The response to a request, from this address if the node trusts us as a proxy."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if address:
            headers["X-Forwarded-For"] = address
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Response(response.status, response.read())
        except (OSError, http.client.HTTPException):
            return Response(0)
        finally:
            connection.close()

    def get(self, path, token=None):
        return self.ask("GET", path, token)

    def post(self, path, body, token=None):
        return self.ask("POST", path, token, body)

    def series(self, name):
        """All series of a metric: labels and value."""
        for line in self.get("/metrics").body.decode().splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if match and match[1] == name:
                yield dict(re.findall(r'(\w+)="([^"]*)"', match[2] or "")), float(match[3])

    def figure(self, name, **labels):
        """The sum of a metric over all series with these labels."""
        wanted = labels.items()
        return sum(value for found, value in self.series(name) if wanted <= found.items())


class AuthNode(Service):
    """A node of auth-service."""

    def log_in(self, user=ADMIN):
        """An access token."""
        return self.tokens(user)["access_token"]

    def tokens(self, user):
        """The response to a login, with an access token and a refresh token."""
        response = self.post("/login", {"username": user[0], "password": user[1]})
        if response.status != 200:
            raise DrillError(f"{self.name} responds to a login with {response.status} {response.body.decode()}")
        return response.json

    def refresh(self, refresh_token, timeout=5):
        """The response to a refresh."""
        return self.ask("POST", "/refresh", refresh_token, timeout=timeout)

    def keys(self):
        """`auth-service keys list --json`."""
        code, out, errors = self.command_line("keys", "list", "--json")
        if code != 0:
            raise DrillError(f"keys list: {errors.strip()}")
        return json.loads(out)["keys"]

    def jwks_fetches(self):
        """How often the key set has been fetched."""
        return int(self.figure("http_requests_total", route="/.well-known/jwks.json"))


class Postgres:
    """The drill's own PostgreSQL server, on a loopback port."""

    def __init__(self, cluster):
        self.cluster, self.port = cluster, cluster.port()
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            raise MissingTool("PostgreSQL is missing: apt-get install postgresql, or use --database sqlite")
        self.bin, self.folder = pathlib.Path(found[-1]), cluster.folder / "postgres"
        self.password, self.process = secrets.token_hex(16), None

    def start(self):
        self.folder.mkdir(exist_ok=True)
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        self.prefix = []
        if os.geteuid() == 0:
            # The server refuses to run as root.
            try:
                owner = pwd.getpwnam("postgres")
            except KeyError:
                raise MissingTool("root needs the system user postgres: apt-get install postgresql") from None
            setpriv = tool("setpriv", "apt-get install util-linux")
            self.prefix = [setpriv, "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            for path in (self.folder, password_file):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            self.cluster.folder.chmod(0o711)
        made = [self.bin / "initdb", "-D", self.data, "-U", "drill", "-A", "scram-sha-256", "--pwfile", password_file]
        subprocess.run([*self.prefix, *map(str, made)], cwd=self.folder, check=True, capture_output=True)
        self.launch()
        wait_until(self.is_ready, 30, "PostgreSQL is ready", pause=0.1)
        return self

    @property
    def data(self):
        return self.folder / "data"

    def launch(self):
        """Starts the server process."""
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder}
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        self.process = self.cluster.spawn(
            [*self.prefix, str(self.bin / "postgres"), "-D", str(self.data), *settings],
            self.cluster.folder / "postgres.log",
            dict(os.environ),
        )

    def is_ready(self):
        ready = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready).returncode == 0

    def crash(self, number):
        """Ends the server process by a signal: SIGQUIT and SIGKILL leave the rest to its recovery."""
        self.process.send_signal(number)
        self.process.wait()
        self.cluster.processes.remove(self.process)

    def recover(self):
        """Starts the server after a crash; returns the seconds until it was ready."""

        def ready():
            if self.process.poll() is not None:
                # Processes of the previous server are still ending.
                if self.process in self.cluster.processes:
                    self.cluster.processes.remove(self.process)
                self.launch()
            return self.is_ready()

        self.launch()
        return wait_until(ready, 60, "PostgreSQL has recovered", pause=0.1)

    def create_database(self, name):
        """Creates a database; returns its URL."""
        command = [self.bin / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "drill", name]
        subprocess.run(command, env=os.environ | {"PGPASSWORD": self.password}, check=True)
        return f"postgres://drill:{self.password}@127.0.0.1:{self.port}/{name}"

    def execute(self, url, script):
        """Runs statements in one of its databases; returns the rows of the last one, their columns as text."""
        command = [str(self.bin / "psql"), "-qAtX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", script, url]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise DrillError(f"psql: {done.stderr}")
        return [line.split("\t") for line in done.stdout.splitlines()]


class Cluster:
    """The processes of a drill. All of them are stopped on exit, whatever happens."""

    def __init__(self, name, database, keep=False):
        self.name, self.database, self.keep = name, database, keep
        self.processes, self.ports, self.postgres, self.issuer = [], itertools.cycle(PORTS), None, None
        # What is called on exit, after all processes have ended.
        self.on_exit = []
        self.master_key = base64.b64encode(secrets.token_bytes(32)).decode()

    def __enter__(self):
        binary("auth-service"), binary("resource-service")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"drill-{self.name}-"))
        try:
            if self.database == "postgres":
                self.postgres = Postgres(self).start()
                self.database_url = self.postgres.create_database("auth")
            elif self.database == "sqlite":
                self.database_url = f"sqlite://{self.folder}/auth.db"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        # In reverse order, so that no service waits for a stopped database.
        for process in reversed(self.processes):
            self.end(process, signal.SIGTERM)
        for stop in self.on_exit:
            stop()
        if self.keep or (error and error[0] not in (None, MissingTool, KeyboardInterrupt, SystemExit)):
            print(f"logs are kept in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, statement):
        """The rows of a query in the database, their columns as text."""
        if self.postgres:
            return self.postgres.execute(self.database_url, statement)
        with contextlib.closing(sqlite3.connect(self.database_url.removeprefix("sqlite://"), timeout=10)) as database:
            return [["" if value is None else str(value) for value in row] for row in database.execute(statement)]

    def port(self):
        """A free port."""
        for port in itertools.islice(self.ports, len(PORTS)):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise DrillError(f"no free port between {PORTS.start} and {PORTS.stop - 1}")

    def spawn(self, command, log, environment, output=None):
        """Starts a process in its own session, so that Ctrl-C reaches only the drill, which then stops it."""
        with open(log, "ab") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output or file,
                stderr=file,
                env=environment,
                cwd=self.folder if log.parent == self.folder else None,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def end(self, process, number):
        if process.poll() is None:
            # On SIGTERM PostgreSQL waits for its clients; SIGINT is a fast shutdown.
            is_server = self.postgres is not None and process is self.postgres.process
            process.send_signal(signal.SIGINT if is_server else number)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self.processes:
            self.processes.remove(process)

    def auth_node(self, number=1, database_url=None, **settings):
        """A node of the issuer, not started. All nodes use the first one's URL as `iss`."""
        port = self.port()
        self.issuer = self.issuer or f"http://localhost:{port}"
        fixed = {
            "AUTH__LISTEN": f"127.0.0.1:{port}",
            "AUTH__ISSUER": self.issuer,
            "AUTH__DATABASE__URL": database_url or self.database_url,
            "AUTH__MASTER_KEY": self.master_key,
            "AUTH__SAMPLE_USERS": "true",
            "AUTH__INSTANCE": f"auth-{number}",
            **HIGH_LIMITS,
        }
        return AuthNode(self, f"auth-{number}", "auth-service", port, fixed | settings)

    def replica(self, number, fetch_from, **settings):
        """A replica that fetches keys from this node, not started."""
        port = self.port()
        fixed = {
            "RESOURCE__LISTEN": f"127.0.0.1:{port}",
            "RESOURCE__ISSUER": self.issuer,
            "RESOURCE__FETCH_FROM": fetch_from.url,
            "RESOURCE__INSTANCE": f"replica-{number}",
        }
        return Service(self, f"replica-{number}", "resource-service", port, fixed | settings)

    def start(self, nodes=None, replicas=3, auth=None, resource=None):
        """Nodes and replicas, ready. Replicas fetch keys from the nodes in turn."""
        count = nodes or (2 if self.database == "postgres" else 1)
        started = [self.auth_node(number + 1, **(auth or {})) for number in range(count)]
        for node in started:
            node.start_and_wait()
        made = [self.replica(number + 1, started[number % count], **(resource or {})) for number in range(replicas)]
        for replica in made:
            replica.start()
        for replica in made:
            replica.wait_until_ready()
        return started, made


def payload(token, part=1):
    """A decoded part of a token: 0 is its header, 1 its claims."""
    text = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def kid(token):
    return payload(token, 0)["kid"]
