"""Checks our tokens with stock Flask-JWT-Extended and PyJWT, PyJWT's tokens with resource-service, and our status lists.

ISSUER: auth-service. WITH_PEM: a replica configured with the public part of PRIVATE_KEY.
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


def check(matches, what):
    if not matches:
        raise SystemExit(f"failed: {what}")


def log_in():
    response = requests.post(f"{ISSUER}/login", json={"username": "user_01", "password": "1234"})
    return response.json()["access_token"]


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


def flask_jwt_extended_accepts_our_token(token):
    client = stock_flask_app()

    def get(path, sent):
        return client.get(path, headers={"Authorization": f"Bearer {sent}"})

    accepted = get("/whoami", token)
    check(accepted.status_code == 200, f"Flask-JWT-Extended accepts our token: {accepted.json}")
    check(accepted.json == {"name": "user_01", "role": "user"}, f"it reads the claims: {accepted.json}")
    check(get("/fresh", token).status_code == 200, "it considers the token of a login fresh")
    rejected = get("/whoami", tampered(token))
    check(rejected.status_code in (401, 422), f"it rejects a tampered token: {rejected.status_code}")
    check(client.get("/whoami").status_code == 401, "it rejects a request without a token")


def pyjwt_finds_our_key_and_accepts_our_token(token):
    metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
    expected = {"algorithms": ["RS256"], "audience": AUDIENCE, "issuer": metadata["issuer"]}
    required = {"require": ["iss", "aud", "sub", "exp", "iat", "jti"]}
    claims = jwt.decode(token, key, options=required, **expected)
    check(claims["sub"] == "user_01", f"PyJWT accepts our token: {claims}")
    for wrong in ({"audience": "another"}, {"issuer": "http://another"}):
        try:
            jwt.decode(token, key, **{**expected, **wrong})
        except jwt.InvalidTokenError:
            continue
        check(False, f"PyJWT rejects {wrong}")


def resource_service_accepts_a_token_of_pyjwt():
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
    check(dashboard.json() == expected, f"resource-service accepts a token of PyJWT: {dashboard.text}")
    check(get("/admin", claims).status_code == 200, "and its role")
    expired = get("/dashboard", {**claims, "exp": now - 1})
    check(expired.json()["message"] == "Token has expired", f"and its expiry: {expired.text}")


def statuses(bits, lst):
    """The entries (draft-ietf-oauth-status-list, section 4.1): each byte starts at its least significant bit."""
    packed = zlib.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))
    return [byte >> shift & (1 << bits) - 1 for byte in packed for shift in range(0, 8, bits)]


def the_lists_of_the_draft_are_decoded():
    one_bit = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    check(statuses(1, "eNrbuRgAAhcBXQ") == one_bit, "the draft's list with one bit per entry")
    check(statuses(2, "eNo76fITAAPfAgc") == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3], "its list with two bits per entry")


def our_status_lists_are_decoded():
    metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
    uris = requests.get(metadata["status_list_aggregation_endpoint"]).json()["status_lists"]
    check(uris, "there are status lists")
    keys = jwt.PyJWKClient(metadata["status_list_jwks_uri"])
    for uri in uris:
        response = requests.get(uri, headers={"Accept": "application/statuslist+jwt"})
        check(response.headers["Content-Type"] == "application/statuslist+jwt", f"its type: {response.headers}")
        token = response.text
        check(jwt.get_unverified_header(token)["typ"] == "statuslist+jwt", "its header declares the type")
        required = {"require": ["aud", "sub", "iat", "exp"]}
        key = keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key, algorithms=["RS256"], audience="status-list", options=required)
        check(claims["sub"] == uri, f"it is the requested list: {claims['sub']}")
        read = statuses(**claims["status_list"])
        check(len(read) == 131072 and set(read) <= {0, 1, 3}, f"{len(read)} entries: {set(read)}")


def our_status_lists_do_not_pass_as_access_tokens():
    """At verifiers that check signature, issuer and expiry only, with the key of that id or with any."""
    metadata = requests.get(f"{ISSUER}/.well-known/oauth-authorization-server").json()
    lax = {"algorithms": ["RS256"], "issuer": metadata["issuer"], "options": {"verify_aud": False}}
    access_keys = jwt.PyJWKClient(metadata["jwks_uri"])
    list_keys = jwt.PyJWKClient(metadata["status_list_jwks_uri"])
    for uri in requests.get(metadata["status_list_aggregation_endpoint"]).json()["status_lists"]:
        token = requests.get(uri).text
        kid = jwt.get_unverified_header(token)["kid"]
        check(kid not in [key.key_id for key in access_keys.get_signing_keys()], "its key is not in the JWKS")
        for key in access_keys.get_signing_keys():
            try:
                jwt.decode(token, key, **lax)
            except jwt.InvalidSignatureError:
                continue
            check(False, f"{uri} passes as an access token")
        # Even a verifier that holds its key misses an issuer.
        try:
            jwt.decode(token, list_keys.get_signing_key_from_jwt(token), **lax)
        except (jwt.MissingRequiredClaimError, jwt.InvalidIssuerError):
            continue
        check(False, f"{uri} has the issuer of access tokens")


if __name__ == "__main__":
    the_lists_of_the_draft_are_decoded()
    our_status_lists_are_decoded()
    our_status_lists_do_not_pass_as_access_tokens()
    our_token = log_in()
    flask_jwt_extended_accepts_our_token(our_token)
    pyjwt_finds_our_key_and_accepts_our_token(our_token)
    resource_service_accepts_a_token_of_pyjwt()
