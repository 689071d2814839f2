"""Credentials for the generated requests, chosen so that as many as possible are accepted.

ISSUER: the URL of auth-service. CLIENT: id and secret of a client, separated by a colon.
"""

import base64
import itertools
import os
import urllib.parse

import requests
import schemathesis
from browser import Browser

ISSUER, CLIENT = os.environ["ISSUER"], os.environ.get("CLIENT", "")
ADMIN = {"username": "admin", "password": "admin123"}
#: The user and the password of the examples in the description.
PASSWORD = "secret123"
JOHN = {"username": "john", "password": PASSWORD}
LOGIN, REFRESH = "/login", "/refresh"
#: Each request may end the session, or the account.
OWN_ACCOUNT = ["/logout", "/logout-all", "/me", "/me/password", "/reauthenticate"]
OAUTH = ["/oauth/token", "/oauth/introspect", "/oauth/revoke"]
USERINFO = "/userinfo"
APPLICATION = "http://127.0.0.1:9/callback"
NUMBERS = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Spares the admin, who could be deleted or disabled once there is another one."""
    if str(case.path_parameters.get("username", "")).casefold() == ADMIN["username"]:
        case.path_parameters["username"] = JOHN["username"]


def post(path, body):
    return requests.post(f"{ISSUER}{path}", json=body, timeout=30)


def log_in(credentials):
    response = post("/login", credentials)
    response.raise_for_status()
    return response.json()


def tokens_of_new_user():
    user = {"username": f"generated-{next(NUMBERS)}", "password": PASSWORD}
    post("/register", user).raise_for_status()
    return log_in(user)


class Bearer:
    """Sends what `get` returns."""

    scheme = "Bearer"

    def set(self, case, data, context):
        case.headers["Authorization"] = f"{self.scheme} {data}"


@schemathesis.auth(refresh_interval=2).skip_for(path=[LOGIN, REFRESH, *OWN_ACCOUNT, *OAUTH, USERINFO])
class Admin(Bearer):
    """A session that is replaced when it has ended: keys are withdrawn, and the admin's own sessions are ended."""

    token = None

    def get(self, case, context):
        headers = {"Authorization": f"Bearer {Admin.token}"}
        if Admin.token is None or requests.get(f"{ISSUER}/me", headers=headers, timeout=30).status_code != 200:
            Admin.token = log_in(ADMIN)["access_token"]
        return Admin.token


@schemathesis.auth(refresh_interval=None).apply_to(path=OWN_ACCOUNT)
class Owner(Bearer):
    """A user who needs no account afterwards."""

    def get(self, case, context):
        return tokens_of_new_user()["access_token"]


@schemathesis.auth(refresh_interval=None).apply_to(path=REFRESH)
class Session(Bearer):
    """A refresh token."""

    def get(self, case, context):
        return tokens_of_new_user()["refresh_token"]


@schemathesis.auth().apply_to(path=OAUTH)
class Client(Bearer):
    """A client's id and secret."""

    scheme = "Basic"

    def get(self, case, context):
        return base64.b64encode(CLIENT.encode()).decode()


@schemathesis.auth(refresh_interval=None).apply_to(path=LOGIN)
class Nobody:
    """No credentials; the user of the example exists, unless another request has deleted it."""

    def get(self, case, context):
        post("/register", JOHN)
        return None

    def set(self, case, data, context):
        pass


@schemathesis.auth(refresh_interval=60).apply_to(path=USERINFO)
class Application(Bearer):
    """The access token of an application that a user has logged in to."""

    def get(self, case, context):
        user = {"username": f"generated-{next(NUMBERS)}", "password": PASSWORD}
        post("/register", user).raise_for_status()
        admin = {"Authorization": f"Bearer {log_in(ADMIN)['access_token']}"}
        client = {"name": f"application-{next(NUMBERS)}", "redirect_uris": [APPLICATION], "requires_pkce": False}
        created = requests.post(f"{ISSUER}/clients", json={"kind": "web", **client}, headers=admin, timeout=30).json()
        request = {"client_id": created["client_id"], "redirect_uri": APPLICATION, "response_type": "code"}
        query = urllib.parse.urlencode({**request, "scope": "openid profile email"})
        arrived = Browser(*user.values(), None).visit(f"{ISSUER}/authorize?{query}", stop_at=APPLICATION)
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(arrived).query)["code"][0]
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": APPLICATION}
        client = (created["client_id"], created["client_secret"])
        return requests.post(f"{ISSUER}/oauth/token", data=grant, auth=client, timeout=30).json()["access_token"]
