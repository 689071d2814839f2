"""What each client is put through."""

import signal
import subprocess
from dataclasses import dataclass, field
from importlib.metadata import version

from browser import Browser
from issuer import PASSWORD, USERNAME

# What a client must do, if it can, each with the name of its method. Nothing relies on a login after a logout, whose
# notice may come late.
STEPS = {
    "login": "logs_in",
    "userinfo": "reads_userinfo",
    "refresh": "refreshes",
    "changed signature": "refuses_signature",
    "back-channel logout": "hears_of_logout",
    "logout": "logs_out",
}
LACKING = "–"
# How long a step may take.
STEP_SECS = 60


class Failed(Exception):
    """What a step did instead."""


FAILURES = (Failed, OSError, LookupError, ValueError, subprocess.SubprocessError)


def check(is_as_expected, what):
    if not is_as_expected:
        raise Failed(what)


@dataclass
class Client:
    """A client: its name in the table, and the steps that it cannot do."""

    name: str
    distribution: str
    lacks: tuple = field(default=(), kw_only=True)

    def prepare(self):
        """Builds what has to be built, which may take long."""

    def version(self):
        return version(self.distribution)

    def run(self, issuer, results):
        """Fills in the result of each step."""
        browser = Browser(USERNAME, PASSWORD, issuer.certificate)
        results["start"] = result_of(self.start, issuer)
        for name, method in STEPS.items():
            if name in self.lacks:
                results[name] = LACKING
                continue
            if "failed" in results["start"] + results.get("login", ""):
                return
            issuer.seen.clear()
            results[name] = result_of(getattr(self, method), issuer, browser)

    def refuses_signature(self, issuer, browser):
        issuer.changes_signatures = True
        try:
            is_logged_in = self.logs_in_again(issuer, Browser(USERNAME, PASSWORD, issuer.certificate))
        finally:
            issuer.changes_signatures = False
        check(any(seen.has_changed_signature for seen in issuer.seen), "no ID token was issued")
        check(not is_logged_in, "logged in with an ID token whose signature is wrong")


def result_of(step, *arguments):
    """What the table says of a step."""
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(STEP_SECS)
    try:
        step(*arguments)
    except FAILURES as error:
        return f"failed: {error or type(error).__name__}"
    finally:
        signal.alarm(0)
    return "yes"


def too_long(*_):
    raise TimeoutError(f"not done after {STEP_SECS} s")


def debian_version(package):
    asked = ["dpkg-query", "--show", "--showformat", "${Version}", package]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.partition("-")[0]
