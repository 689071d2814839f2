"""A FastAPI application with PyJWT (RS256) and argon2id, for `bench/compare`: a login, and a route that requires a token.

The protected route responds from the claims, as resource-service does, without a database query.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Annotated

import jwt
from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

ISSUER, AUDIENCE = "http://localhost", "peer"
private_key = load_pem_private_key(Path(os.environ["PEER_KEY"]).read_bytes(), None)
public_key = private_key.public_key()
hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)
users = sqlite3.connect(os.environ["PEER_DATABASE"], check_same_thread=False)
users.execute("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, username TEXT UNIQUE, password TEXT, role TEXT)")
users.execute("INSERT OR IGNORE INTO users VALUES (1, 'user_01', ?, 'user')", (hasher.hash("1234"),))
users.commit()
app = FastAPI()


class Login(BaseModel):
    username: str
    password: str


@app.post("/login")
def login(sent: Login):
    found = users.execute("SELECT id, password, role FROM users WHERE username = ?", (sent.username,)).fetchone()
    try:
        if found is None or not hasher.verify(found[1], sent.password):
            raise VerifyMismatchError
    except VerifyMismatchError:
        raise HTTPException(401, "Invalid username or password") from None
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": sent.username, "iat": now, "exp": now + 3600}
    claims |= {"uid": found[0], "role": found[2]}
    return {"access_token": jwt.encode(claims, private_key, "RS256")}


async def verified(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]):
    try:
        return jwt.decode(sent.credentials, public_key, ["RS256"], audience=AUDIENCE, issuer=ISSUER)
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token") from None


@app.get("/dashboard")
async def dashboard(claims: Annotated[dict, Depends(verified)]):
    return {
        "message": "Welcome to your dashboard!",
        "user_id": claims["uid"],
        "username": claims["sub"],
        "role": claims["role"],
    }
