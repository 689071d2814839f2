"""A Flask application with the routes of the Flask-JWT-Extended tutorial, for `bench/compare`.

PEER_KIND=hs256 is as in the tutorial: a shared secret, passwords in plain text. PEER_KIND=rs256 signs with an RSA
key (PEER_KEY, a file) and stores argon2id hashes with auth-service's parameters.
"""

import os
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError
from flask import Flask, jsonify, request
from flask_jwt_extended import JWTManager, create_access_token, current_user, jwt_required
from flask_sqlalchemy import SQLAlchemy

IS_RS256 = os.environ["PEER_KIND"] == "rs256"
hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, type=Type.ID)

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.environ["PEER_DATABASE"]
app.config["JWT_ACCESS_TOKEN_EXPIRES"] = timedelta(hours=1)
if IS_RS256:
    app.config["JWT_ALGORITHM"] = "RS256"
    app.config["JWT_PRIVATE_KEY"] = Path(os.environ["PEER_KEY"]).read_text()
    app.config["JWT_PUBLIC_KEY"] = Path(os.environ["PEER_KEY"] + ".pub").read_text()
else:
    app.config["JWT_SECRET_KEY"] = "a secret of thirty-two bytes or more, for a benchmark"
db = SQLAlchemy(app)
jwt = JWTManager(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True, nullable=False)
    password = db.Column(db.String(120), nullable=False)
    role = db.Column(db.String(20), nullable=False, default="user")


@jwt.user_identity_loader
def identity_of(user):
    return user.username


@jwt.user_lookup_loader
def user_of(_header, claims):
    return User.query.filter_by(username=claims["sub"]).one_or_none()


def is_correct(stored, typed):
    if not IS_RS256:
        return stored == typed
    try:
        return hasher.verify(stored, typed)
    except VerifyMismatchError:
        return False


@app.post("/login")
def login():
    sent = request.get_json()
    user = User.query.filter_by(username=sent["username"]).one_or_none()
    if user is None or not is_correct(user.password, sent["password"]):
        return jsonify(message="Invalid username or password"), 401
    return jsonify(access_token=create_access_token(identity=user, additional_claims={"role": user.role}))


@app.get("/dashboard")
@jwt_required()
def dashboard():
    return jsonify(
        message="Welcome to your dashboard!",
        user_id=current_user.id,
        username=current_user.username,
        role=current_user.role,
    )


with app.app_context():
    db.create_all()
    if User.query.first() is None:
        for name, password, role in (("admin", "admin123", "admin"), ("user_01", "1234", "user")):
            kept = hasher.hash(password) if IS_RS256 else password
            db.session.add(User(username=name, password=kept, role=role))
        db.session.commit()
