"""A browser without scripts and an application that logs its users in, at nodes behind a load balancer."""

import base64
import hashlib
import html
import http.client
import itertools
import json
import re
import urllib.parse

from .cluster import DrillError

CALLBACK = "https://shop.example/callback"
VERIFIER = "a-secret-of-43-characters-at-least-for-pkce-"
FORM = "application/x-www-form-urlencoded"
# What browsers say of a form or a link on one of our pages (W3C Fetch Metadata).
FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FROM_ELSEWHERE = FROM_OUR_PAGE | {"Sec-Fetch-Site": "cross-site"}


class Lost(Exception):
    """The connection broke before the answer was there."""


class Answer:
    """A response, and the node that sent it."""

    def __init__(self, node, response):
        self.node, self.status = node, response.status
        self.headers, self.text = response.headers, response.read().decode(errors="replace")

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def title(self):
        found = re.search(r"<h1>(.*?)</h1>", self.text)
        return html.unescape(found[1]) if found else ""

    @property
    def next_url(self):
        """Where it leads without a click."""
        refresh = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', self.text)
        return self.headers["Location"] or (html.unescape(refresh[1]) if refresh else None)

    @property
    def form(self):
        """The action of its form, and the hidden field."""
        found = re.search(r'<form method="post" action="([^"]*)">\s*<input type="hidden" name="(\w+)" value="([^"]*)"', self.text)
        if found is None:
            raise DrillError(f"{self.node.name} responds with {self.status} and no form: {self.title or self.text[:200]}")
        return html.unescape(found[1]), {found[2]: html.unescape(found[3])}


class Balancer:
    """Sends requests to the nodes in turn, and to the next one where nobody listens. What has been sent to a node is not sent
    to another one."""

    def __init__(self, nodes):
        self.nodes, self.turns = nodes, itertools.count()
        # Called with a node between a request and its answer.
        self.when_sent = lambda node: None

    def ask(self, method, path, fields=None, headers=None, node=None):
        turn = next(self.turns)
        for index in range(len(self.nodes)):
            chosen = node or self.nodes[(turn + index) % len(self.nodes)]
            connection = http.client.HTTPConnection("127.0.0.1", chosen.port, timeout=20)
            try:
                connection.connect()
            except ConnectionRefusedError:
                continue
            try:
                body = urllib.parse.urlencode(fields) if fields is not None else None
                form = {"Content-Type": FORM} if fields is not None else {}
                connection.request(method, path, body, form | (headers or {}))
                self.when_sent(chosen)
                return Answer(chosen, connection.getresponse())
            except (OSError, http.client.HTTPException) as error:
                raise Lost(f"{method} {path.partition('?')[0]} at {chosen.name}: {error!r}") from error
            finally:
                connection.close()
        raise DrillError("no node accepts a connection")


class Browser:
    """Keeps cookies. It does not follow redirects by itself."""

    def __init__(self, balancer):
        self.balancer, self.cookies = balancer, {}

    def open(self, url, headers=FROM_ELSEWHERE):
        return self.ask("GET", url, None, headers)

    def submit(self, page, **fields):
        """Sends the form of a page."""
        action, hidden = page.form
        return self.ask("POST", action, hidden | fields, FROM_OUR_PAGE)

    def ask(self, method, path, fields, headers):
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.balancer.ask(method, path, fields, headers | ({"Cookie": cookies} if cookies else {}))
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer


class Application:
    """A web application that is registered at the issuer."""

    def __init__(self, balancer, name="shop", **registration):
        self.balancer, self.name, self.secret = balancer, name, None
        self.registration = {"kind": "web", "redirect_uris": [CALLBACK], "post_logout_uris": [CALLBACK]} | registration

    def register(self, node):
        response = node.post("/clients", {"name": self.name, **self.registration}, node.log_in())
        if response.status != 201:
            raise DrillError(f"{node.name} responds to a registration with {response.status} {response.body.decode()}")
        self.secret = response.json["client_secret"]
        return self

    def authorize_path(self, **more):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
        request = {
            "client_id": self.name,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid profile offline_access",
            "state": "st-1",
            "nonce": "n-1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return "/authorize?" + urllib.parse.urlencode(request | more)

    def logout_path(self, tokens):
        hint = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": CALLBACK, "state": "st-2"}
        return "/oauth/logout?" + urllib.parse.urlencode(hint)

    def exchange(self, code, node=None):
        return self.balancer.ask("POST", "/oauth/token", self.exchange_fields(code), self.authorization, node)

    def exchange_fields(self, code):
        return {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}

    def refresh(self, tokens, node=None):
        fields = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        return self.balancer.ask("POST", "/oauth/token", fields, self.authorization, node)

    def userinfo(self, tokens):
        return self.balancer.ask("GET", "/userinfo", None, {"Authorization": f"Bearer {tokens['access_token']}"})

    @property
    def authorization(self):
        pair = base64.b64encode(f"{self.name}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


def code_in(url):
    """The code that a redirect to the application carries; `None` for another URL."""
    if not url or not url.startswith(CALLBACK):
        return None
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)).get("code")
