"""Threads that register, log in, refresh, change passwords and log out, and remember what has been acknowledged."""

import base64
import itertools
import random
import threading
import uuid

PASSWORD = "password {}"
ROLES = ("user", "editor", "reader")
numbers = itertools.count(1)


class Session:
    """A session, with its newest refresh token."""

    def __init__(self, person, tokens):
        self.person, self.has_ended, self.is_in_doubt = person, False, False
        self.take(tokens)

    def take(self, tokens):
        self.refresh_token, self.access_token = tokens["refresh_token"], tokens["access_token"]
        text = self.refresh_token.removeprefix("rt1.")
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        self.id, self.generation = str(uuid.UUID(bytes=data[:16])), int.from_bytes(data[16:24], "big")


class Person:
    """A user, and what the service has acknowledged about it. What it has not is in doubt: it may have happened or not."""

    def __init__(self):
        self.name = f"person_{next(numbers)}"
        self.passwords, self.roles, self.sessions = {PASSWORD.format(0)}, {"user"}, []
        # By action, how many lines the audit log has at least.
        self.lines = {}

    @property
    def password(self):
        return next(iter(self.passwords))

    def note(self, action):
        self.lines[action] = self.lines.get(action, 0) + 1


class Writer:
    """A thread that makes changes, one after another, for people of its own."""

    def __init__(self, nodes, new_client):
        self.nodes, self.new_client = nodes, new_client
        self.people, self.clients, self.touched, self.problems = [], [], [], []
        self.acknowledged = self.in_doubt = 0

    def start(self, admin):
        self.admin, self.stopping, self.touched = admin, threading.Event(), []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def stop(self):
        self.stopping.set()

    def run(self):
        sessions = [self.log_in, self.refresh, self.refresh, self.log_out]
        actions = [self.register, self.change_password, self.change_role, *sessions]
        while not self.stopping.is_set():
            if random.random() < 0.01:
                self.create_client()
            else:
                random.choice(actions)()

    def ask(self, method, path, token=None, body=None):
        """The response; whether it acknowledges the change."""
        response = random.choice(self.nodes).ask(method, path, token, body, timeout=10)
        if response.status in (200, 201, 204):
            self.acknowledged += 1
            return response
        self.in_doubt += 1
        if response.status not in (0, 503):
            self.problems.append(f"{method} {path}: {response.status} {response.body.decode(errors='replace')}")
        return None

    def settled(self):
        """Somebody about whose password and role there is no doubt."""
        people = [person for person in self.people if len(person.passwords) == len(person.roles) == 1]
        return random.choice(people or [None])

    def live(self):
        """A session that can be used, of somebody who is settled."""
        person = self.settled()
        sessions = person.sessions if person else []
        live = [session for session in sessions if not (session.has_ended or session.is_in_doubt)]
        session = random.choice(live or [None])
        if session:
            self.touched.append(session)
        return session

    def register(self):
        person = Person()
        if self.ask("POST", "/register", body={"username": person.name, "password": person.password}):
            person.note("registered")
            self.people.append(person)

    def log_in(self):
        person = self.settled()
        if person is None:
            return None
        response = self.ask("POST", "/login", body={"username": person.name, "password": person.password})
        if response is None:
            return None
        person.note("logged_in")
        session = Session(person, response.json)
        person.sessions.append(session)
        self.touched.append(session)
        return session

    def refresh(self):
        session = self.live()
        if session is None:
            return
        response = self.ask("POST", "/refresh", session.refresh_token)
        if response:
            session.take(response.json)
        else:
            session.is_in_doubt = True

    def change_password(self):
        session = self.log_in()
        if session is None:
            return
        person, new = session.person, PASSWORD.format(next(numbers))
        body = {"current_password": person.password, "new_password": new}
        response = self.ask("PUT", "/me/password", session.access_token, body)
        if response is None:
            # Either all of it or nothing.
            person.passwords, person.sessions = person.passwords | {new}, []
            return
        person.passwords = {new}
        person.note("password_changed")
        for other in person.sessions:
            other.has_ended = other is not session
        session.take(response.json)

    def change_role(self):
        person = self.settled()
        if person is None:
            return
        role = random.choice([role for role in ROLES if role not in person.roles])
        if self.ask("PATCH", f"/users/{person.name}", self.admin, {"role": role}):
            person.roles = {role}
            person.note("role_changed")
        else:
            person.roles = person.roles | {role}

    def log_out(self):
        session = self.live()
        if session is None:
            return
        if self.ask("POST", "/logout", session.refresh_token):
            session.has_ended = True
            session.person.note("logged_out")
        else:
            session.person.sessions.remove(session)

    def create_client(self):
        name = f"client_{next(numbers)}"
        if self.new_client(name):
            self.acknowledged += 1
            self.clients.append(f"{name}@clients")
        else:
            self.in_doubt += 1
