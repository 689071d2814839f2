"""oidc-agent, a native application and so a public client."""

import random
import shutil
import subprocess
import time
from dataclasses import dataclass

import requests
from client import Client, check, debian_version
from issuer import EMAIL, SCOPES, end, start, without_proxies

START_SECS = 10
ACCOUNT = "account"


@dataclass
class AgentClient(Client):
    """An agent of its own, which keeps its files in a folder of its own."""

    def version(self):
        return debian_version(self.distribution)

    def start(self, issuer):
        if not shutil.which("oidc-agent"):
            raise OSError("oidc-agent is missing (Debian: oidc-agent-cli)")
        # It refuses ports that the system gives out.
        self.redirect_uri = f"http://localhost:{random.randint(20000, 30000)}"
        self.client_id, _ = issuer.create_client("agent", "native", self.redirect_uri)
        folder, socket = issuer.folder / "agent", issuer.folder / "agent.socket"
        folder.mkdir()
        self.environment = {
            **without_proxies(),
            "HOME": str(folder),
            "OIDC_CONFIG_DIR": str(folder),
            "OIDC_SOCK": str(socket),
            "OIDC_ENCRYPTION_PW": "a password",
        }
        agent = ["oidc-agent", "--console", "--no-scheme", f"--socket-path={socket}"]
        start(issuer.stack, issuer.folder, agent, self.environment)
        deadline = time.monotonic() + START_SECS
        while not socket.exists():
            check(time.monotonic() < deadline, "the agent does not start")
            time.sleep(0.05)

    def logs_in(self, issuer, browser):
        command = ["oidc-gen", ACCOUNT, "--manual", "--flow=code", f"--iss={issuer.url}"]
        command += [f"--redirect-uri={self.redirect_uri}", f"--client-id={self.client_id}", "--client-secret="]
        command += [f"--scope={SCOPES}"]
        command += ["--no-url-call", "--prompt=none", "--confirm-default", "--pw-env"]
        program = subprocess.Popen(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            url = next((line.split()[-1] for line in program.stdout if "/authorize?" in line), None)
            check(url, "oidc-gen names no URL")
            arrived = browser.visit(url)
            is_there = arrived.ok and arrived.url.startswith(self.redirect_uri)
            check(is_there, f"arrived at {arrived.url}: {arrived.text[-300:]}")
            output, _ = program.communicate(timeout=START_SECS)
            check(program.returncode == 0, output)
        finally:
            end(program)
        check(browser.asked == ["password", "decision"], f"asked for {browser.asked}")
        check(issuer.saw("/oauth/token", "authorization_code"), "no code was exchanged")

    def reads_userinfo(self, issuer, browser):
        """The agent itself does not; its access token is for this."""
        with requests.Session() as session:
            session.trust_env = False
            authorization = {"Authorization": f"Bearer {self.token()}"}
            user = session.get(f"{issuer.url}/userinfo", headers=authorization, timeout=START_SECS)
        check(user.status_code == 200 and user.json().get("email") == EMAIL, f"{user.status_code} {user.text[-300:]}")

    def refreshes(self, issuer, browser):
        # Twice, since refresh tokens are rotated.
        check(self.token("--force-new") != self.token("--force-new"), "the same access token")
        count = sum(seen.grant == "refresh_token" and seen.status == 200 for seen in issuer.seen)
        check(count == 2, f"the issuer saw {count} refreshes")

    def token(self, *options):
        command = ["oidc-token", *options, ACCOUNT]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=START_SECS)
        check(done.returncode == 0, done.stderr.strip())
        return done.stdout.strip()
