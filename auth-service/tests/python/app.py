"""A typical Flask application: Flask-SQLAlchemy, passwords hashed by Werkzeug. As a script, it creates its database and users.

DATABASE: the file of its database.
"""

import os
from datetime import datetime

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['DATABASE']}"
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True, nullable=False)
    email = db.Column(db.String(120), unique=True)
    password_hash = db.Column(db.String(256), nullable=False)
    is_admin = db.Column(db.Boolean, default=False, nullable=False)
    is_active = db.Column(db.Boolean, default=True, nullable=False)
    created_at = db.Column(db.DateTime, nullable=False)

    def set_password(self, password, *method):
        self.password_hash = generate_password_hash(password, *method)

    def check_password(self, password):
        return check_password_hash(self.password_hash, password)


def add(username, password, *method, **more):
    created_at = datetime(2024, 2, 29, 12, 30, 15, 123456)
    user = User(username=username, email=f"{username}@example.com", created_at=created_at, **more)
    user.set_password(password, *method)
    assert user.check_password(password)
    db.session.add(user)


if __name__ == "__main__":
    with app.app_context():
        db.create_all()
        add("ann", "Zwölf Boxkämpfer", is_admin=True)
        add("bob", 'with "quotes", and commas', "pbkdf2")
        add("eve", "correct horse", "scrypt:16384:8:1", is_active=False)
        db.session.commit()
