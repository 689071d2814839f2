"""Compares both services with their API descriptions: every operation is requested, and every response must match.

ISSUER: auth-service with the tutorial's users. REPLICA: a resource-service that trusts it.
"""

import os
import re

from described_login import clients, logins_of_applications
from service import NOT_TESTED, Service

PASSWORD = "correct horse"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def log_in(auth, username, password=PASSWORD):
    return auth.request("POST", "/login", 200, json={"username": username, "password": password}).json()


def register(auth, username):
    auth.request("POST", "/register", 201, json={"username": username, "password": PASSWORD})
    return log_in(auth, username)


def rejected_without_admin(auth, user, method, path, **request):
    auth.request(method, path, 401, **request)
    auth.request(method, path, 403, token=user, **request)


def refused_bodies(service, token):
    """What every operation with a body or a query string must refuse, even from a caller with the necessary rights."""
    for method, path, operation in list(service.operations()):
        concrete = re.sub(r"\{\w+\}", "nobody", path)
        media_types = operation.get("requestBody", {}).get("content", {})
        is_optional = not operation.get("requestBody", {}).get("required")
        sender = {} if is_optional and media_types else {"token": token}
        for media_type in media_types:
            headers = {"Content-Type": media_type}
            service.request(method, concrete, 413, **sender, headers=headers, data="x" * 40_000)
            if media_type == "application/json":
                service.request(method, concrete, 400, **sender, headers=headers, data="{")
            if media_type == "application/json" or "415" in operation["responses"]:
                service.request(method, concrete, 415, **sender, headers={"Content-Type": "text/plain"}, data="{}")
        refused = service.resolve(operation["responses"].get("400", {})).get("content", {})
        takes_query = any(parameter["in"] == "query" for parameter in operation.get("parameters", []))
        if takes_query and "application/json" in refused:
            service.request(method, f"{concrete}?unknown=1", 400, token=token)


def documents(service, *paths):
    """Cacheable documents."""
    for path in paths:
        first = service.request("GET", path, 200)
        service.request("GET", path, 304, headers={"If-None-Match": first.headers["ETag"]})


def logins(auth):
    john = register(auth, "john")
    auth.request("POST", "/register", 400, json={"username": "john", "password": PASSWORD})
    role = {"username": "jane", "password": PASSWORD, "role": "editor"}
    auth.request("POST", "/register", 403, json=role)
    auth.request("POST", "/register", 401, token="no.good.token", json=role)
    auth.request("POST", "/login", 401, json={"username": "john", "password": "another one"})
    auth.request("POST", "/login", 415, data="no JSON")
    access = john["access_token"]
    auth.request("GET", "/sessions", 200, token=access)
    auth.request("GET", "/sessions", 401)
    other = log_in(auth, "john")
    sessions = auth.request("GET", "/sessions", 200, token=access).json()["sessions"]
    another = next(session["id"] for session in sessions if not session["current"])
    auth.request("DELETE", f"/sessions/{another}", 204, token=access)
    auth.request("DELETE", f"/sessions/{another}", 404, token=access)
    auth.request("DELETE", f"/sessions/{another}", 401)
    auth.request("POST", "/refresh", 401, token=other["refresh_token"])
    refreshed = auth.request("POST", "/refresh", 200, json={"refresh_token": john["refresh_token"]}).json()
    auth.request("POST", "/reauthenticate", 200, token=access, json={"password": PASSWORD})
    auth.request("POST", "/reauthenticate", 401, token=access, json={"password": "another one"})
    auth.request("POST", "/logout-all?except=current", 200, token=access)
    auth.request("POST", "/logout-all", 401)
    auth.request("POST", "/logout", 200, token=refreshed["access_token"])
    auth.request("POST", "/logout", 401)


def own_account(auth):
    mary = register(auth, "mary")
    access = mary["access_token"]
    stale = auth.request("POST", "/refresh", 200, token=mary["refresh_token"]).json()["access_token"]
    auth.request("GET", "/me", 200, token=access)
    auth.request("GET", "/me", 401)
    change = {"current_password": PASSWORD, "new_password": PASSWORD}
    auth.request("PUT", "/me/password", 401, token=stale, json=change)
    auth.request("PUT", "/me/password", 400, token=access, json={**change, "new_password": "short"})
    auth.request("PUT", "/me/password", 403, token=access, json={**change, "current_password": "another one"})
    access = auth.request("PUT", "/me/password", 200, token=access, json=change).json()["access_token"]
    auth.request("DELETE", "/me", 401, token=stale, json={"password": PASSWORD})
    auth.request("DELETE", "/me", 400, token=access, json={})
    auth.request("DELETE", "/me", 403, token=access, json={"password": "another one"})
    auth.request("DELETE", "/me", 204, token=access, json={"password": PASSWORD})


def administration(auth, admin):
    paul = register(auth, "paul")["access_token"]
    for path in ("/users", "/audit", "/keys"):
        auth.request("GET", path, 200, token=admin)
        rejected_without_admin(auth, paul, "GET", path)
    auth.request("GET", "/users?limit=1&q=A", 200, token=admin)
    auth.request("GET", "/audit?limit=1", 200, token=admin)
    for path in ("/users?limit=0", "/audit?limit=0"):
        auth.request("GET", path, 400, token=admin)
    for method, path, request in (
        ("GET", "", {}),
        ("PATCH", "", {"json": {"role": "editor"}}),
        ("POST", "/revoke-sessions", {}),
        ("POST", "/password-reset", {}),
    ):
        given = auth.request(method, f"/users/paul{path}", 200, token=admin, **request)
        rejected_without_admin(auth, log_in(auth, "paul")["access_token"], method, f"/users/paul{path}", **request)
        auth.request(method, f"/users/nobody{path}", 404, token=admin, **request)
    auth.request("PATCH", "/users/paul", 400, token=admin, json={"role": "No Role"})
    chosen = {"token": given.json()["reset_token"], "password": PASSWORD}
    auth.request("POST", "/password-reset", 204, json=chosen)
    auth.request("POST", "/password-reset", 400, json=chosen)
    auth.request("PATCH", "/users/paul", 200, token=admin, json={"disabled": True})
    auth.request("POST", "/login", 403, json={"username": "paul", "password": PASSWORD})
    user = log_in(auth, "user_01", "1234")["access_token"]
    rejected_without_admin(auth, user, "DELETE", "/users/paul")
    auth.request("DELETE", "/users/paul", 204, token=admin)
    auth.request("DELETE", "/users/paul", 404, token=admin)
    auth.request("DELETE", "/users/admin", 409, token=admin)
    auth.request("PATCH", "/users/admin", 409, token=admin, json={"role": "user"})
    auth.request("DELETE", "/me", 409, token=admin, json={"password": "admin123"})


def oauth(auth, admin):
    user = log_in(auth, "user_01", "1234")
    wrong_client = ("client", "no secret")
    auth.request("POST", "/oauth/token", 400, data={"grant_type": "password"})
    auth.request("POST", "/oauth/token", 401, data={"grant_type": "client_credentials"}, auth=wrong_client)
    grant = {"grant_type": "refresh_token", "refresh_token": user["refresh_token"]}
    token = auth.request("POST", "/oauth/token", 200, data=grant).json()["access_token"]
    auth.request("POST", "/oauth/introspect", 200, token=admin, data={"token": token})
    auth.request("POST", "/oauth/introspect", 400, token=admin, data={})
    auth.request("POST", "/oauth/introspect", 401, data={"token": token})
    auth.request("POST", "/oauth/introspect", 403, token=token, data={"token": token})
    auth.request("POST", "/oauth/revoke", 200, data={"token": token})
    auth.request("POST", "/oauth/revoke", 400, data={})
    auth.request("POST", "/oauth/revoke", 401, data={"token": token}, auth=wrong_client)


def userinfo(auth, admin):
    for method in ("GET", "POST"):
        auth.request(method, "/userinfo", 401)
        auth.request(method, "/userinfo", 403, token=admin)
    auth.request("POST", "/userinfo", 400, token=admin, data={"access_token": admin})
    auth.request("POST", "/userinfo", 400, data="access_token=x&access_token=x", headers=FORM)


def verifiers(auth):
    documents(auth, "/.well-known/jwks.json", "/.well-known/oauth-authorization-server")
    documents(auth, "/.well-known/openid-configuration")
    documents(auth, "/.well-known/status-list-jwks.json", "/status-lists", "/status-lists/1")
    auth.request("GET", "/status-lists/77", 404)


def operations(service):
    for path in ("/metrics", "/health/live", "/health/ready"):
        service.request("GET", path, 200)
    documents(service, "/openapi.json", "/docs", "/docs/swagger-ui.css", "/docs/initializer.js")
    service.request("GET", "/docs/none.js", 404)


def pages(auth):
    documents(auth, "/pages/style.css", "/pages/logo")


def playground(auth):
    documents(auth, "/", "/playground.json", "/playground/main.js", "/playground/style.css", "/playground/icon.svg")
    auth.request("GET", "/playground/none.js", 404)


def tutorial(replica, admin, user):
    replica.request("GET", "/", 200)
    for path, token in (("/dashboard", user), ("/profile", user), ("/admin", admin)):
        replica.request("GET", path, 200, token=token)
        replica.request("GET", path, 401)
    replica.request("GET", "/admin", 403, token=user)


def keys(auth, admin):
    """Must be last: withdrawing a key invalidates its tokens."""
    user = log_in(auth, "user_01", "1234")["access_token"]
    for path in ("/keys/rotate", "/keys/some-kid/withdraw"):
        rejected_without_admin(auth, user, "POST", path, json={})
    auth.request("POST", "/keys/rotate", 200, token=admin, json={})
    auth.request("POST", "/keys/rotate", 200, token=admin, json={"force": True})
    auth.request("POST", "/keys/some-kid/withdraw", 404, token=admin)
    found = auth.request("GET", "/keys", 200, token=admin).json()["keys"]
    previous = next(key["kid"] for key in found if key["stage"] == "previous")
    auth.request("POST", f"/keys/{previous}/withdraw", 200, token=admin)


def main():
    auth, replica = Service(os.environ["ISSUER"]), Service(os.environ["REPLICA"])
    admin = log_in(auth, "admin", "admin123")["access_token"]
    user = log_in(auth, "user_01", "1234")["access_token"]
    logins(auth)
    own_account(auth)
    administration(auth, admin)
    oauth(auth, admin)
    userinfo(auth, admin)
    clients(auth, admin, user)
    logins_of_applications(auth, admin)
    verifiers(auth)
    pages(auth)
    playground(auth)
    tutorial(replica, admin, user)
    for service in (auth, replica):
        operations(service)
        refused_bodies(service, admin)
    keys(auth, admin)
    exempt = set()
    for service in (auth, replica):
        service.check_examples()
        unseen, not_tested = service.unseen()
        exempt |= not_tested
        if unseen:
            raise SystemExit(f"described, but not seen: {unseen}")
    if exempt != NOT_TESTED:
        raise SystemExit(f"exempt, but not described: {NOT_TESTED - exempt}")


main()
