"""An application of Flask with flask-oidc, which refreshes an access token once it has expired."""

import os

from flask import Flask, redirect, session
from flask_oidc import OpenIDConnect

app = Flask(__name__)
app.secret_key = os.urandom(16)
credentials = {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["CLIENT_SECRET"]}
app.config["OIDC_CLIENT_SECRETS"] = {"web": {**credentials, "issuer": os.environ["ISSUER"]}}
app.config["OIDC_SCOPES"] = "openid email profile offline_access"
oidc = OpenIDConnect(app)


@app.get("/")
def front():
    if not oidc.user_loggedin:
        return {"error": "logged out"}, 401
    return dict(session["oidc_auth_profile"])


@app.get("/expire")
def expire():
    """Makes the access token one that has expired, so that the next request refreshes it."""
    session["oidc_auth_token"] = {**session["oidc_auth_token"], "expires_at": 1}
    return redirect("/")


app.run(port=int(os.environ["PORT"]))
