"""An application of Flask with idpyoidc."""

import os

from flask import Flask, redirect, request, session
from idpyoidc.client.oauth2.stand_alone_client import backchannel_logout
from idpyoidc.client.rp_handler import RPHandler

ISSUER, REDIRECT_URI = os.environ["ISSUER"], os.environ["REDIRECT_URI"]
SCOPES = ["openid", "profile", "email", "offline_access"]
SERVICES = {
    "discovery": "idpyoidc.client.oidc.provider_info_discovery.ProviderInfoDiscovery",
    "authorization": "idpyoidc.client.oidc.authorization.Authorization",
    "access_token": "idpyoidc.client.oidc.access_token.AccessToken",
    "refresh_access_token": "idpyoidc.client.oidc.refresh_access_token.RefreshAccessToken",
    "userinfo": "idpyoidc.client.oidc.userinfo.UserInfo",
    "end_session": "idpyoidc.client.oidc.end_session.EndSession",
}
CLIENT = {
    "issuer": ISSUER,
    "client_type": "oidc",
    "client_id": os.environ["CLIENT_ID"],
    "client_secret": os.environ["CLIENT_SECRET"],
    "redirect_uris": [REDIRECT_URI],
    "post_logout_redirect_uris": [os.environ["POST_LOGOUT_URI"]],
    "response_types_supported": ["code"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "client_secret_basic",
    "client_authn_methods": ["client_secret_basic", "bearer_header"],
    "services": {name: {"class": path} for name, path in SERVICES.items()},
    "add_ons": {
        "pkce": {
            "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
            "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
        }
    },
}

app = Flask(__name__)
app.secret_key = os.urandom(16)
ended = set()
handler = RPHandler(base_url=REDIRECT_URI.rpartition("/")[0], client_configs={ISSUER: CLIENT})


@app.get("/")
def front():
    if session.get("state") in ended or "state" not in session:
        return {"error": "logged out"}, 401
    return {"sub": session["sub"]}


@app.get("/login")
def login():
    return redirect(handler.begin(ISSUER, req_args={"scope": SCOPES}))


@app.get("/callback")
def callback():
    done = handler.finalize(ISSUER, request.args.to_dict())
    if "error" in done:
        return {"error": str(done["error"])}, 401
    session["state"], session["sub"] = done["state"], done["id_token"]["sub"]
    return redirect("/")


@app.get("/userinfo")
def userinfo():
    return handler.get_user_info(session["state"]).to_dict()


@app.get("/refresh")
def refresh():
    handler.refresh_access_token(session["state"])
    return redirect("/userinfo")


@app.get("/logout")
def logout():
    return redirect(handler.logout(session["state"], post_logout_redirect_uri=os.environ["POST_LOGOUT_URI"])["url"])


@app.get("/logged-out")
def logged_out():
    handler.clear_session(session["state"])
    session.clear()
    return redirect("/")


@app.post("/backchannel-logout")
def logout_notice():
    ended.add(backchannel_logout(handler.issuer2rp[ISSUER], request_args=request.form.to_dict()))
    return {}


app.run(port=int(os.environ["PORT"]))
