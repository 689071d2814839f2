"""An application of Flask with Authlib."""

import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for

app = Flask(__name__)
app.secret_key = os.urandom(16)
oauth = OAuth(app)
oauth.register(
    "issuer",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email offline_access", "code_challenge_method": "S256"},
)
# The cookie of the session has no room for tokens.
tokens = {}


@app.get("/")
def front():
    if "sub" not in session:
        return {"error": "logged out"}, 401
    return {"sub": session["sub"]}


@app.get("/login")
def login():
    return oauth.issuer.authorize_redirect(os.environ["REDIRECT_URI"])


@app.get("/callback")
def callback():
    token = oauth.issuer.authorize_access_token()
    session["sub"] = token["userinfo"]["sub"]
    tokens[session["sub"]] = token
    return redirect("/")


@app.get("/userinfo")
def userinfo():
    return dict(oauth.issuer.userinfo(token=tokens[session["sub"]]))


@app.get("/refresh")
def refresh():
    old = tokens[session["sub"]]
    new = oauth.issuer.fetch_access_token(grant_type="refresh_token", refresh_token=old["refresh_token"])
    tokens[session["sub"]] = {**old, **new}
    return redirect("/userinfo")


@app.get("/logout")
def logout():
    hint = tokens[session["sub"]]["id_token"]
    return oauth.issuer.logout_redirect(os.environ["POST_LOGOUT_URI"], id_token_hint=hint)


@app.get("/logged-out")
def logged_out():
    oauth.issuer.validate_logout_response()
    session.clear()
    return redirect("/")


app.run(port=int(os.environ["PORT"]))
