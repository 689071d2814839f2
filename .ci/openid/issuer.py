"""A running auth-service, seen through a proxy that records requests and can change the signatures of ID tokens."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import requests
from werkzeug.security import generate_password_hash

START_SECS = 30
OF_A_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length"}
SCOPES = "openid profile email offline_access"
USERNAME, PASSWORD, EMAIL = "ann", "correct horse battery staple", "ann@example.com"


@dataclass
class Seen:
    """A request that a client or the browser sent."""

    method: str
    path: str
    grant: str | None
    status: int
    location: str | None
    has_changed_signature: bool


class Issuer:
    """The service, its proxy and its commands; all of it ends with the stack."""

    def __init__(self, stack, folder, program):
        self.stack, self.folder, self.program = stack, folder, program
        self.port = free_port()
        self.certificate, self.key = make_certificate(folder)
        self.seen, self.changes_signatures = [], False
        self.url = f"http://localhost:{self.serve()}"
        self.environment = {
            **without_proxies(),
            "AUTH__LISTEN": f"127.0.0.1:{self.port}",
            "AUTH__ISSUER": self.url,
            "AUTH__DATABASE__URL": f"sqlite://{folder}/auth.db",
            # The applications are on this machine.
            "AUTH__BACKCHANNEL__PRIVATE_ADDRESSES": "true",
        }
        start(stack, folder, [program], self.environment)
        wait_for(f"{self.url}/health/ready")
        self.import_user()

    def import_user(self):
        file = self.folder / "users.csv"
        hashed = generate_password_hash(PASSWORD, method="pbkdf2:sha256:10000")
        file.write_text(f"username,password_hash,role,email\n{USERNAME},{hashed},user,{EMAIL}\n", encoding="utf-8")
        self.command("users", "import", str(file))

    def command(self, *arguments):
        command = [self.program, *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=START_SECS
        )
        if done.returncode != 0:
            raise OSError(f"auth-service {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def create_client(self, name, kind, redirect_uri, *more):
        """The id and, for a web application, the secret of a new client."""
        options = ["--kind", kind, "--redirect-uri", redirect_uri, "--scope", SCOPES, *more, "--json"]
        created = json.loads(self.command("clients", "create", name, *options))
        return created["client_id"], created.get("client_secret")

    def serve(self):
        """The port of the proxy."""
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                connection = http.client.HTTPConnection("127.0.0.1", issuer.port, timeout=START_SECS)
                try:
                    connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        if name.lower() not in OF_A_CONNECTION:
                            connection.putheader(name, value)
                    connection.putheader("Content-Length", str(len(body)))
                    connection.endheaders(body)
                    answer = connection.getresponse()
                    content = answer.read()
                except OSError:
                    self.send_error(502)
                    return
                finally:
                    connection.close()
                content = issuer.record(self.command, self.path, body, answer, content)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in OF_A_CONNECTION | {"date", "server"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_HEAD = do_OPTIONS = forward

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.stack.callback(server.shutdown)
        return server.server_address[1]

    def record(self, method, target, body, answer, content):
        path, is_changed = target.partition("?")[0], False
        grant = None
        if path == "/oauth/token":
            grant = parse_qs(body.decode("utf-8", "replace")).get("grant_type", [None])[0]
            if self.changes_signatures and answer.status == 200:
                content, is_changed = with_changed_signature(content), True
        self.seen.append(Seen(method, path, grant, answer.status, answer.getheader("Location"), is_changed))
        return content

    def saw(self, path, grant=None, status=200):
        """Whether such a request was answered with that status."""
        return any((seen.path, seen.grant, seen.status) == (path, grant, status) for seen in self.seen)


def with_changed_signature(content):
    """The response of the token endpoint, with a bit of its ID token's signature inverted."""
    answer = json.loads(content)
    signed, _, signature = answer["id_token"].rpartition(".")
    # Not the last character, some of whose bits mean nothing.
    changed = "A" if signature[10] != "A" else "B"
    answer["id_token"] = f"{signed}.{signature[:10]}{changed}{signature[11:]}"
    return json.dumps(answer).encode()


def free_port():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def without_proxies():
    """The environment, without proxies for HTTP: everything is on this machine."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def start(stack, folder, command, environment=None, name=None):
    """Starts a program, which ends with the stack."""
    log = stack.enter_context(open(folder / f"{name or os.path.basename(command[0])}.log", "ab"))
    streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
    process = subprocess.Popen(
        command, env=environment or without_proxies(), cwd=folder, start_new_session=True, **streams
    )
    stack.callback(end, process)
    return process


def end(process):
    """Ends a program that leads a group of its own, and whatever it has started."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def make_certificate(folder):
    """The certificate of applications with TLS, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return certificate, key


def wait_for(url, certificate=None):
    """Waits until somebody responds who is ready."""
    deadline, last = time.monotonic() + START_SECS, None
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(certificate) if certificate else True
        while True:
            try:
                last = session.get(url, allow_redirects=False, timeout=START_SECS).status_code
                if last < 500:
                    return
            except requests.ConnectionError as error:
                last = error
            if time.monotonic() > deadline:
                raise OSError(f"{url} is not ready: {last}")
            time.sleep(0.05)
