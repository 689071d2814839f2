"""Web applications: a script with the library under test, in a process of its own."""

import sys
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from client import Client, check
from issuer import EMAIL, free_port, start, wait_for, without_proxies

HERE = Path(__file__).parent
# How soon an application must hear of a logout.
NOTICE_SECS = 15


@dataclass
class WebClient(Client):
    """An application with one of the libraries, and its paths."""

    script: str
    front: str = "/"
    login: str = "/login"
    callback: str = "/callback"
    logged_out: str | None = "/logged-out"
    userinfo: str = "/userinfo"
    refresh: tuple = ("/refresh",)
    # The request at the issuer by which the application refreshes.
    refreshes_by: tuple = ("/oauth/token", "refresh_token")
    logout: str = "/logout"
    backchannel: str | None = None
    has_pkce: bool = True
    has_tls: bool = False

    def start(self, issuer):
        self.port = free_port()
        self.url = f"{'https' if self.has_tls else 'http'}://localhost:{self.port}"
        redirect_uri = self.url + self.callback
        post_logout = self.url + self.logged_out if self.logged_out else None
        name = Path(self.script).stem
        options = ["--post-logout-uri", post_logout] if post_logout else []
        if self.backchannel:
            options += ["--backchannel-logout-uri", self.url + self.backchannel]
        if not self.has_pkce:
            options.append("--no-pkce")
        client_id, secret = issuer.create_client(name, "web", redirect_uri, *options)
        self.start_application(issuer, client_id, secret, redirect_uri, post_logout)
        wait_for(self.url + self.front, issuer.certificate)

    def start_application(self, issuer, client_id, secret, redirect_uri, post_logout):
        name = Path(self.script).stem
        environment = {
            **without_proxies(),
            "PORT": str(self.port),
            "ISSUER": issuer.url,
            "CLIENT_ID": client_id,
            "CLIENT_SECRET": secret,
            "REDIRECT_URI": redirect_uri,
            "POST_LOGOUT_URI": post_logout or "",
            "CERTIFICATE": str(issuer.certificate),
            "KEY": str(issuer.key),
            "DATABASE": str(issuer.folder / f"{name}.db"),
        }
        start(issuer.stack, issuer.folder, [sys.executable, "-B", str(HERE / self.script)], environment, name)

    def is_logged_in(self, browser):
        return browser.visit(self.url + self.front).status_code == 200

    def logs_in(self, issuer, browser):
        check(not self.is_logged_in(browser), "logged in before the login")
        arrived = browser.visit(self.url + self.login)
        check(arrived.url.startswith(self.url), f"arrived at {arrived.url}: {arrived.text[-300:]}")
        check(browser.asked == ["password", "decision"], f"asked for {browser.asked}, at {arrived.url}")
        check(self.is_logged_in(browser), f"not logged in: {arrived.status_code} {arrived.text[-300:]}")
        check(issuer.saw("/oauth/token", "authorization_code"), "no code was exchanged")

    def logs_in_again(self, issuer, browser):
        browser.visit(self.url + self.login)
        return self.is_logged_in(browser)

    def reads_userinfo(self, issuer, browser):
        user = browser.visit(self.url + self.userinfo)
        check(user.status_code == 200, f"{user.status_code} {user.text[-300:]}")
        claims = user.json()
        check(claims.get("userinfo", claims).get("email") == EMAIL, f"another user: {user.text[-300:]}")

    def refreshes(self, issuer, browser):
        for path in self.refresh:
            answer = browser.visit(self.url + path)
            check(answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[-300:]}")
        check(issuer.saw(*self.refreshes_by), "the issuer saw no refresh")

    def logs_out(self, issuer, browser):
        if not self.is_logged_in(browser):
            browser.visit(self.url + self.login)
        browser.asked.clear()
        arrived = browser.visit(self.url + self.logout)
        check(arrived.url.startswith(self.url), f"arrived at {arrived.url}: {arrived.text[-300:]}")
        check(issuer.saw("/oauth/logout", status=303), "the issuer saw no logout")
        check(not browser.asked, f"asked for {browser.asked}")
        check(not self.is_logged_in(browser), "still logged in")
        browser.visit(self.url + self.login)
        check("password" in browser.asked, "still logged in at the issuer")

    def hears_of_logout(self, issuer, browser):
        """Logs out at the issuer itself, where the user is asked."""
        check(self.is_logged_in(browser), "not logged in")
        browser.asked.clear()
        browser.visit(f"{issuer.url}/oauth/logout")
        check(browser.asked == ["decision"], f"asked for {browser.asked}")
        deadline = monotonic() + NOTICE_SECS
        while self.is_logged_in(browser):
            check(monotonic() < deadline, f"still logged in after {NOTICE_SECS} s")
            sleep(0.1)
