"""The anonymous requests of the drill `floods`: every public route of both services, by kind. Tokens with unknown key ids are a
drill of their own."""

import dataclasses
import json

JSON, FORM = "Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded"
GARBAGE = "garbage{n}" * 40


@dataclasses.dataclass
class Flood:
    """Requests of one kind."""

    name: str
    # Method, path, headers, body. `{n}` is a random number.
    requests: list
    # How many rows the limits admit at once: what is written in a minute or an hour follows slowly.
    rows_at_once: int = 0
    is_for_replica: bool = False


def floods(token, connections):
    """All floods. The token is a valid one, from which garbage is made."""
    header, claims, _ = token.split(".")
    tampered = f"{header}.{claims}.{'A' * 342}"
    bad_tokens = [f"Authorization: Bearer {bad}" for bad in (tampered, GARBAGE, "a.b.c", "rt1." + "A" * 75)]
    # Ten lines of the audit log at once.
    lines = 10
    # What is in progress when the address reaches its limit is answered. A guess is a row.
    guesses = 30 + connections
    # A user and a line of the audit log.
    registrations = 25 * 2
    # Instances that have asked for the key set.
    verifiers = 100
    client = "grant_type=client_credentials&client_id=c{n}%40clients"
    return [
        Flood(
            "POST /login", [("POST", "/login", JSON, body(username="nobody{n}", password="wrong {n}"))], guesses + lines
        ),
        Flood(
            "POST /login with device tokens",
            [("POST", "/login", JSON, body(username="user_01", password="wrong {n}", device_token="dt1." + "A" * 86))],
            guesses + lines,
        ),
        Flood(
            "POST /register",
            [("POST", "/register", JSON, body(username="flood{n}", password="a password"))],
            registrations,
        ),
        Flood("POST /refresh", [("POST", "/refresh", bad, "") for bad in bad_tokens], lines),
        Flood(
            "POST /oauth/token",
            [
                ("POST", "/oauth/token", FORM, f"{client}&client_secret=cs1.{{n}}"),
                ("POST", "/oauth/token", FORM, "grant_type=refresh_token&refresh_token=rt1.{n}"),
                ("POST", "/oauth/token", FORM, "grant_type=password&username=user_01&password={n}"),
            ],
            lines,
        ),
        Flood(
            "POST /oauth/revoke",
            [("POST", "/oauth/revoke", FORM, f"token={bad}") for bad in ("rt1.{n}", GARBAGE, tampered)],
            lines,
        ),
        Flood(
            "POST /oauth/introspect",
            [("POST", "/oauth/introspect", FORM, f"token={GARBAGE}")]
            + [("POST", "/oauth/introspect", f"{FORM}|{bad}", f"token={GARBAGE}") for bad in bad_tokens],
            lines,
        ),
        Flood(
            "POST /password-reset",
            [("POST", "/password-reset", JSON, body(token="guess{n}", password="a new password"))],
            lines,
        ),
        Flood(
            "key sets, metadata, API description",
            [
                ("GET", path, "", "")
                for path in (
                    "/.well-known/jwks.json",
                    "/.well-known/status-list-jwks.json",
                    "/.well-known/oauth-authorization-server",
                    "/openapi.json",
                    "/docs",
                )
            ],
        ),
        Flood(
            "key set, as invented verifiers",
            [("GET", "/.well-known/jwks.json", 'X-Verifier-Instance: verifier{n}|If-None-Match: "{n}"', "")],
            verifiers,
        ),
        Flood(
            "status lists", [("GET", path, "", "") for path in ("/status-lists", "/status-lists/1", "/status-lists/{n}")]
        ),
        Flood("health, metrics", [("GET", path, "", "") for path in ("/health/live", "/health/ready", "/metrics")]),
        Flood(
            "unknown paths",
            [
                ("GET", "/{n}", "", ""),
                ("POST", "/{n}/{n}?{n}", JSON, "{}"),
                ("DELETE", "/login", "", ""),
                ("GET", "/" + "x" * 4000, "", ""),
            ],
        ),
        Flood(
            "protected routes with garbage",
            [
                (method, path, f"{JSON}|{bad}", text)
                for method, path, text in (
                    ("GET", "/me", ""),
                    ("GET", "/sessions", ""),
                    ("GET", "/users", ""),
                    ("GET", "/audit", ""),
                    ("GET", "/keys", ""),
                    ("POST", "/logout", ""),
                    ("POST", "/logout-all", ""),
                    ("POST", "/keys/rotate", "{}"),
                    ("POST", "/reauthenticate", body(password="wrong")),
                    ("PUT", "/me/password", body(current_password="wrong", new_password="a new password")),
                    ("PATCH", "/users/user_01", body(role="admin")),
                )
                for bad in bad_tokens
            ],
            lines,
        ),
        Flood(
            "replica: open routes",
            [("GET", path, "", "") for path in ("/", "/health/ready", "/metrics", "/docs", "/{n}")],
            is_for_replica=True,
        ),
        Flood(
            "replica: protected routes with garbage",
            [
                ("GET", path, bad, "")
                for path in ("/dashboard", "/profile", "/admin")
                for bad in [*bad_tokens, ""]
            ],
            is_for_replica=True,
        ),
    ]


def body(**fields):
    return json.dumps(fields)
