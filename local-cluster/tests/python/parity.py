"""Sends the tutorial's requests to a Flask app with the tutorial's behaviour and to ours, and compares the responses.

ISSUER: auth-service. REPLICA: a resource-service. The Flask app is one service, so its routes are split between them.

Status, message and every member of the Flask app's response are compared. Ours may have more members (`MORE`).
`INTENDED` lists the requests with intended differences and the reasons; there both responses are checked separately.
"""

import os
import sqlite3
from datetime import timedelta

import requests
from flask import Flask, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    current_user,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)

ISSUER, REPLICA = os.environ["ISSUER"], os.environ["REPLICA"]
REPLICA_ROUTES = ("/dashboard", "/profile", "/admin")
SAMPLES = [("admin", "admin123", "admin"), ("user_01", "1234", "user"), ("user_02", "5678", "user")]

# RFC 6749 defines the first three; `device_token` marks a known device at later logins; every error of ours has a code.
MORE = {"token_type", "expires_in", "refresh_token", "device_token", "error"}
INTENDED = {
    "an anonymous user requests the role admin": "(201 there) the tutorial lets anyone become an admin",
    "a tampered token": "(422 there) RFC 6750, section 3.1: an invalid token is 401",
    "a short password": "(201 there) NIST SP 800-63B: at least 8",
}


def flask_app():
    app = Flask(__name__)
    app.config.update(JWT_SECRET_KEY="only for this run, and long enough", JWT_ERROR_MESSAGE_KEY="message")
    app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=1)
    users = Users()
    manager = JWTManager(app)
    manager.user_identity_loader(lambda user: user["username"])
    manager.user_lookup_loader(lambda _header, claims: users.find(claims["sub"]))
    manager.invalid_token_loader(lambda _reason: (jsonify(message="Invalid token"), 422))

    @app.post("/register")
    def register():
        form = request.get_json()
        if users.find(form["username"]):
            return jsonify(message="Username already exists"), 400
        users.add(form["username"], form["password"], form.get("role", "user"))
        return jsonify(message="User registered successfully"), 201

    @app.post("/login")
    def login():
        form = request.get_json()
        user = users.find(form["username"])
        if user is None or user["password"] != form["password"]:
            return jsonify(message="Invalid username or password"), 401
        return jsonify(access_token=create_access_token(user, additional_claims={"role": user["role"]}))

    @app.get("/dashboard")
    @jwt_required()
    def dashboard():
        user = public(current_user)
        return jsonify(message="Welcome to your dashboard!", user_id=user.pop("id"), **user)

    @app.get("/profile")
    @jwt_required()
    def profile():
        return jsonify(
            identity_from_get_jwt_identity=get_jwt_identity(),
            username_from_current_user=current_user["username"],
            full_user_details=public(current_user),
        )

    @app.get("/admin")
    @jwt_required()
    def admin():
        if get_jwt().get("role") != "admin":
            return jsonify(message="Admin access required"), 403
        return jsonify(message="Welcome to Admin Panel!", admin_user=current_user["username"])

    @app.get("/users")
    @jwt_required()
    def everybody():
        if current_user["role"] != "admin":
            return jsonify(message="Admin access required"), 403
        return jsonify(users=[public(user) for user in users.all()])

    return app.test_client()


class Users:
    """The Flask app's table."""

    def __init__(self):
        self.rows = sqlite3.connect(":memory:", check_same_thread=False)
        self.rows.row_factory = sqlite3.Row
        self.rows.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, username UNIQUE, password, role)")
        for sample in SAMPLES:
            self.add(*sample)

    def add(self, username, password, role):
        columns = "INSERT INTO users (username, password, role) VALUES (?, ?, ?)"
        self.rows.execute(columns, (username, password, role))

    def find(self, username):
        return self.rows.execute("SELECT * FROM users WHERE username = ?", (username,)).fetchone()

    def all(self):
        return self.rows.execute("SELECT * FROM users ORDER BY id").fetchall()


def public(user):
    return {name: user[name] for name in ("id", "username", "role")}


class Theirs:
    """The Flask app."""

    def __init__(self):
        self.client = flask_app()

    def send(self, method, path, form, headers):
        response = self.client.open(path, method=method, json=form, headers=headers)
        return response.status_code, response.get_json()


class Ours:
    """auth-service and resource-service."""

    def send(self, method, path, form, headers):
        base = REPLICA if path in REPLICA_ROUTES else ISSUER
        response = requests.request(method, base + path, json=form, headers=headers)
        return response.status_code, response.json()


def tampered(token):
    header, payload, signature = token.split(".")
    return ".".join([header, payload, ("A" if signature[0] != "A" else "B") + signature[1:]])


def walk_through(app):
    """The tutorial's requests, each with its name and the response."""
    tokens = {}

    def post(path, **form):
        return app.send("POST", path, form, {})

    def get(path, token):
        return app.send("GET", path, None, {"Authorization": f"Bearer {token}"} if token else {})

    john = {"username": "john", "password": "secret123"}
    yield "register", post("/register", **john, role="user")
    yield "register the same name again", post("/register", **john)
    yield "register without a role", post("/register", username="jane", password="secret456")
    yield "an anonymous user requests the role admin", post("/register", username="eve", password="secret789", role="admin")
    yield "a short password", post("/register", username="tom", password="1234")
    for username, password in [("john", "secret123"), ("admin", "admin123"), ("user_01", "1234"), ("user_02", "5678")]:
        status, body = post("/login", username=username, password=password)
        tokens[username] = body.get("access_token")
        yield f"{username} logs in", (status, {**body, "access_token": type(tokens[username]).__name__})
    yield "log in with a wrong password", post("/login", username="john", password="wrong")
    yield "log in as an unknown user", post("/login", username="nobody", password="secret123")
    for path in ("/dashboard", "/profile", "/admin", "/users"):
        yield f"{path} without a token", get(path, None)
        yield f"{path} as a user", get(path, tokens["user_01"])
        # Only users that both apps have are compared.
        status, body = get(path, tokens["admin"])
        if "users" in body:
            body = {"users": [user for user in body["users"] if user["username"] not in ("eve", "tom")]}
        yield f"{path} as an admin", (status, body)
        yield "a tampered token", get(path, tampered(tokens["john"]))
    yield "/dashboard as john", get("/dashboard", tokens["john"])
    yield "/profile as john", get("/profile", tokens["john"])


def difference(theirs, ours):
    (their_status, their_body), (our_status, our_body) = theirs, ours
    shared = {name: value for name, value in our_body.items() if name not in MORE or name in their_body}
    return their_status != our_status or their_body != shared


if __name__ == "__main__":
    found, met = [], set()
    for (name, theirs), (_, ours) in zip(walk_through(Theirs()), walk_through(Ours()), strict=True):
        if name in INTENDED:
            met.add(name)
            if f"({theirs[0]} there)" not in INTENDED[name] or not 400 <= ours[0] < 500 or "message" not in ours[1]:
                found.append(f"{name}: not as intended: {theirs} there, {ours} here")
        elif difference(theirs, ours):
            found.append(f"{name}: {theirs} there, {ours} here")
    found += [f"{name}: never requested" for name in INTENDED.keys() - met]
    if found:
        raise SystemExit("\n".join(found))
