"""The clients that an admin registers, and the logins of their users on the pages."""

import base64
import hashlib
import re
import urllib.parse

import requests

BACK = "http://127.0.0.1:9/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
#: What browsers say of a form of the page that they show.
FROM_PAGE = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
REGISTRATION = {"kind": "web", "redirect_uris": [BACK], "post_logout_uris": [BACK], "scope": "openid profile"}


def clients(auth, admin, user):
    """Every route of the admins' clients."""
    auth.request("POST", "/clients", 201, token=admin, json={"name": "shop", **REGISTRATION})
    auth.request("POST", "/clients", 409, token=admin, json={"name": "shop", **REGISTRATION})
    auth.request("POST", "/clients", 400, token=admin, json={"name": "no name", **REGISTRATION})
    page = {**REGISTRATION, "kind": "browser"}
    auth.request("POST", "/clients", 201, token=admin, json={"name": "page", **page})
    auth.request("GET", "/clients?limit=1", 200, token=admin)
    auth.request("GET", "/clients?limit=0", 400, token=admin)
    for method, path, request in (
        ("GET", "", {}),
        ("PUT", "", {"json": REGISTRATION}),
        ("POST", "/secret", {"json": {"grace_secs": 60}}),
    ):
        auth.request(method, f"/clients/shop{path}", 200, token=admin, **request)
        auth.request(method, f"/clients/none{path}", 404, token=admin, **request)
    auth.request("PUT", "/clients/shop", 400, token=admin, json={**REGISTRATION, "redirect_uris": ["http://shop/"]})
    auth.request("PUT", "/clients/shop", 400, token=admin, json=page)
    auth.request("POST", "/clients/page/secret", 409, token=admin, json={})
    for method, path, request in (
        ("GET", "", {}),
        ("POST", "", {"json": {"name": "other", **REGISTRATION}}),
        ("GET", "/shop", {}),
        ("PUT", "/shop", {"json": REGISTRATION}),
        ("POST", "/shop/secret", {"json": {}}),
        ("DELETE", "/page", {}),
    ):
        auth.request(method, f"/clients{path}", 401, **request)
        auth.request(method, f"/clients{path}", 403, token=user, **request)
    auth.request("DELETE", "/clients/page", 204, token=admin)
    auth.request("DELETE", "/clients/page", 404, token=admin)


def logins_of_applications(auth, admin):
    """Registration, login, consent and logout in a browser without scripts; then what the application does."""
    secret = auth.request("POST", "/clients/shop/secret", 200, token=admin, json={}).json()["client_secret"]
    user = Browser(auth, "martha", "correct horse")
    user.refuses_what_is_invalid()
    user.registers()
    user.logs_in()
    code = user.consents()
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    tokens = auth.request("POST", "/oauth/token", 200, data=sent, auth=("shop", secret)).json()
    for method in ("GET", "POST"):
        auth.request(method, "/userinfo", 200, token=tokens["access_token"])
    user.logs_out()
    user.logs_in_again()
    user.logs_out()
    auth.request("PATCH", "/users/martha", 200, token=admin, json={"disabled": True})
    user.is_refused()


class Browser:
    """A browser without scripts that keeps cookies."""

    def __init__(self, auth, username, password):
        self.auth, self.session = auth, requests.Session()
        self.user = {"username": username, "password": password}
        self.request = urllib.parse.urlencode(
            {
                "client_id": "shop",
                "redirect_uri": BACK,
                "response_type": "code",
                "scope": "openid profile",
                "code_challenge": CHALLENGE,
                "code_challenge_method": "S256",
            }
        )

    def get(self, path, status):
        return self.auth.request("GET", path, status, session=self.session)

    def post(self, path, status, headers=(), **fields):
        return self.auth.request("POST", path, status, session=self.session, headers=headers, data=fields)

    def cancels(self, path, asked):
        """Old browsers are redirected; others leave by a page in between."""
        self.post(path, 303, interaction=asked, decision="deny")
        self.post(path, 200, headers=FROM_PAGE, interaction=asked, decision="deny")

    def asked(self, page):
        """What the form of a page carries."""
        return re.search(r'name="interaction" value="([^"]+)"', page.text).group(1)

    def begin(self):
        return self.asked(self.get(f"/authorize?{self.request}", 200))

    def refuses_what_is_invalid(self):
        invalid = "interaction=invalid"
        for path in ("/authorize?client_id=none", "/oauth/logout?post_logout_redirect_uri=https://none.example"):
            self.get(path, 400)
            self.post(path.split("?")[0], 400, **dict(urllib.parse.parse_qsl(path.split("?")[1])))
        for step in ("login", "register", "continue"):
            self.get(f"/authorize/{step}?{invalid}", 400)
        for path in ("/authorize/login", "/authorize/register", "/authorize/consent", "/oauth/logout/confirm"):
            self.post(path, 400, interaction="invalid")

    def registers(self):
        asked = self.begin()
        self.get(f"/authorize/register?interaction={asked}", 200)
        self.cancels("/authorize/register", asked)
        self.post("/authorize/register", 400, interaction=asked, **{**self.user, "password": "1"})
        self.post("/authorize/register", 303, interaction=asked, **self.user)
        self.session.cookies.clear()

    def logs_in(self):
        self.post("/authorize", 200, **dict(urllib.parse.parse_qsl(self.request)))
        asked = self.begin()
        self.get(f"/authorize/login?interaction={asked}", 200)
        self.cancels("/authorize/login", asked)
        self.post("/authorize/login", 401, interaction=asked, **{**self.user, "password": "another one"})
        self.next_page = self.post("/authorize/login", 303, interaction=asked, **self.user)

    def consents(self):
        """The code at the application. Another request needs no consent."""
        asked = self.asked(self.get(self.next_page.headers["Location"], 200))
        self.post("/authorize/consent", 200, interaction=asked)
        self.post("/authorize/consent", 303, interaction=asked, decision="allow")
        leaving = self.get(f"/authorize?{self.request}", 303)
        self.post("/authorize", 303, headers={"Sec-Fetch-Site": "cross-site"}, **dict(urllib.parse.parse_qsl(self.request)))
        return re.search(r"[?&]code=([\w.-]+)", leaving.headers["Location"]).group(1)

    def logs_in_again(self):
        asked = self.begin()
        page = self.post("/authorize/login", 303, interaction=asked, **self.user)
        self.get(page.headers["Location"], 303)

    def is_refused(self):
        self.post("/authorize/login", 403, interaction=self.begin(), **self.user)

    def logs_out(self):
        back = {"client_id": "shop", "post_logout_redirect_uri": BACK}
        query = urllib.parse.urlencode(back)
        asked = self.asked(self.get(f"/oauth/logout?{query}", 200))
        self.post("/oauth/logout", 200, **back)
        self.post("/oauth/logout/confirm", 200, headers=FROM_PAGE, interaction=asked, decision="deny")
        self.post("/oauth/logout/confirm", 303, interaction=asked, decision="allow")
        self.get(f"/oauth/logout?{query}", 303)
        self.post("/oauth/logout", 303, **back)
