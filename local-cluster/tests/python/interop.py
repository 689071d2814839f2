"""Tries our tokens on stock Flask-JWT-Extended and PyJWT, and PyJWT's on resource-service; reads our status lists.

ISSUER: auth-service. WITH_PEM: a replica that was given the public half of PRIVATE_KEY.
"""

import base64
import os
import time
import uuid
import zlib

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from flask import Flask, jsonify
from flask_jwt_extended import JWTManager, get_jwt, get_jwt_identity, jwt_required

ISSUER = os.environ["ISSUER"]
AUDIENCE = "resource-service"


def check(is_so, what):
    if not is_so:
        raise SystemExit(f"not so: {what}")


def log_in():
    answer = requests.post(f"{ISSUER}/login", json={"username": "user_01", "password": "1234"})
    return answer.json()["access_token"]


def public_key_pem():
    key = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json").get_signing_keys()[0].key
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def stock_flask_app():
    app = Flask(__name__)
    app.config.update(
        JWT_ALGORITHM="RS256",
        JWT_PUBLIC_KEY=public_key_pem(),
        JWT_DECODE_AUDIENCE=AUDIENCE,
        JWT_DECODE_ISSUER=ISSUER,
    )
    JWTManager(app)

    @app.get("/whoami")
    @jwt_required()
    def whoami():
        return jsonify(name=get_jwt_identity(), role=get_jwt()["role"])

    @app.get("/fresh")
    @jwt_required(fresh=True)
    def fresh():
        return jsonify(name=get_jwt_identity())

    return app.test_client()


def tampered(token):
    header, payload, signature = token.split(".")
    letter = "A" if payload[20] != "A" else "B"
    return ".".join([header, payload[:20] + letter + payload[21:], signature])


def flask_jwt_extended_takes_our_token(token):
    client = stock_flask_app()

    def get(path, sent):
        return client.get(path, headers={"Authorization": f"Bearer {sent}"})

    taken = get("/whoami", token)
    check(taken.status_code == 200, f"Flask-JWT-Extended takes our token: {taken.json}")
    check(taken.json == {"name": "user_01", "role": "user"}, f"it reads it: {taken.json}")
    check(get("/fresh", token).status_code == 200, "it takes a login's token for a fresh one")
    refused = get("/whoami", tampered(token))
    check(refused.status_code in (401, 422), f"it refuses a tampered one: {refused.status_code}")
    check(client.get("/whoami").status_code == 401, "it refuses none")


def pyjwt_finds_our_key_and_takes_our_token(token):
    metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
    demanded = {"algorithms": ["RS256"], "audience": AUDIENCE, "issuer": metadata["issuer"]}
    required = {"require": ["iss", "aud", "sub", "exp", "iat", "jti"]}
    claims = jwt.decode(token, key, options=required, **demanded)
    check(claims["sub"] == "user_01", f"PyJWT takes our token: {claims}")
    for wrong in ({"audience": "another"}, {"issuer": "http://another"}):
        try:
            jwt.decode(token, key, **{**demanded, **wrong})
        except jwt.InvalidTokenError:
            continue
        check(False, f"PyJWT refuses {wrong}")


def resource_service_takes_a_token_of_pyjwt():
    replica, private_key = os.environ["WITH_PEM"], os.environ["PRIVATE_KEY"]
    now = int(time.time())
    claims = {
        "iss": "http://localhost:5000", "aud": AUDIENCE, "sub": "jane", "uid": 7, "role": "admin",
        "iat": now, "exp": now + 60, "jti": str(uuid.uuid4()), "type": "access", "fresh": False,
    }

    def get(path, payload):
        token = jwt.encode(payload, private_key, algorithm="RS256", headers={"typ": "at+jwt"})
        return requests.get(f"{replica}{path}", headers={"Authorization": f"Bearer {token}"})

    dashboard = get("/dashboard", claims)
    expected = {"message": "Welcome to your dashboard!", "user_id": 7, "username": "jane", "role": "admin"}
    check(dashboard.json() == expected, f"resource-service takes a token of PyJWT: {dashboard.text}")
    check(get("/admin", claims).status_code == 200, "and its role")
    expired = get("/dashboard", {**claims, "exp": now - 1})
    check(expired.json()["message"] == "Token has expired", f"and its end: {expired.text}")


def statuses(bits, lst):
    """Entry by entry, as draft-ietf-oauth-status-list says in section 4.1: from each byte's least significant bit on."""
    packed = zlib.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))
    return [byte >> shift & (1 << bits) - 1 for byte in packed for shift in range(0, 8, bits)]


def the_drafts_own_lists_are_read():
    one_bit = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    check(statuses(1, "eNrbuRgAAhcBXQ") == one_bit, "the draft's list of one bit each")
    check(statuses(2, "eNo76fITAAPfAgc") == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], "its list of two bits each")


def our_status_lists_are_read():
    metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
    uris = requests.get(metadata["status_list_aggregation_endpoint"]).json()["status_lists"]
    check(uris, "there are status lists")
    keys = jwt.PyJWKClient(metadata["jwks_uri"])
    for uri in uris:
        answer = requests.get(uri, headers={"Accept": "application/statuslist+jwt"})
        check(answer.headers["Content-Type"] == "application/statuslist+jwt", f"its type: {answer.headers}")
        token = answer.text
        check(jwt.get_unverified_header(token)["typ"] == "statuslist+jwt", "its header names the type")
        required = {"require": ["sub", "iat", "exp"]}
        key = keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key, algorithms=["RS256"], issuer=metadata["issuer"], options=required)
        check(claims["sub"] == uri, f"it is the list asked for: {claims['sub']}")
        read = statuses(**claims["status_list"])
        check(len(read) == 131072 and set(read) <= {0, 1, 3}, f"{len(read)} entries: {set(read)}")


if __name__ == "__main__":
    the_drafts_own_lists_are_read()
    our_status_lists_are_read()
    our_token = log_in()
    flask_jwt_extended_takes_our_token(our_token)
    pyjwt_finds_our_key_and_takes_our_token(our_token)
    resource_service_takes_a_token_of_pyjwt()
