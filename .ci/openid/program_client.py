"""A program of the Rust crate `openidconnect`."""

import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from client import Client, check
from issuer import USERNAME, end, free_port, without_proxies
from web_client import HERE

TARGET = HERE.parent.parent / "target/openid/openidconnect"
BUILD_SECS = 1800


@dataclass
class ProgramClient(Client):
    """A program that logs in once, asks for the browser when it needs it, and ends."""

    folder: Path

    def version(self):
        lock = (self.folder / "Cargo.lock").read_text(encoding="utf-8")
        return re.search(rf'name = "{self.distribution}"\nversion = "(.*)"', lock)[1]

    def prepare(self):
        build = ["cargo", "build", "--quiet", "--locked", "--target-dir", str(TARGET)]
        subprocess.run(build, cwd=self.folder, check=True, timeout=BUILD_SECS)

    def start(self, issuer):
        # Nobody listens there: the browser stops when it is sent to the application.
        self.url = f"http://localhost:{free_port()}"
        redirect_uri, post_logout = f"{self.url}/callback", f"{self.url}/logged-out"
        client_id, secret = issuer.create_client("program", "web", redirect_uri, "--post-logout-uri", post_logout)
        program = TARGET / "debug/openidconnect-client"
        self.command = [program, issuer.url, client_id, secret, redirect_uri, post_logout]

    def logs_in(self, issuer, browser):
        """The program does all of its steps at once; the methods of the others look at what it reported."""
        self.done, self.seen, failure = self.whole_run(issuer, browser)
        check("login" in self.done, failure)
        check(browser.asked == ["password", "decision"], f"asked for {browser.asked}")
        self.failure = failure

    def logs_in_again(self, issuer, browser):
        done, _, _ = self.whole_run(issuer, browser)
        return "login" in done

    def reads_userinfo(self, issuer, browser):
        check(self.done.get("userinfo") == USERNAME, self.failure)

    def refreshes(self, issuer, browser):
        check("refresh" in self.done, self.failure)
        grants = [seen.grant for seen in self.seen if seen.status == 200]
        check("refresh_token" in grants, "the issuer saw no refresh")

    def logs_out(self, issuer, browser):
        check("logout" in self.done, self.failure)
        browser.asked.clear()
        self.whole_run(issuer, browser)
        check("password" in browser.asked, "still logged in at the issuer")

    def whole_run(self, issuer, browser):
        """What the program reported, what the issuer saw, and why the program failed."""
        done = {}
        with ExitStack() as stack:
            log = stack.enter_context(open(issuer.folder / "openidconnect.log", "w+", encoding="utf-8"))
            process = subprocess.Popen(
                self.command,
                env=without_proxies(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
            stack.callback(end, process)
            for line in process.stdout:
                word, _, value = line.rstrip().partition(" ")
                if word == "visit":
                    print(browser.visit(value, stop_at=self.url), file=process.stdin, flush=True)
                else:
                    done[word] = value
            process.wait()
            log.seek(0)
            return done, list(issuer.seen), log.read().strip()
