"""auth-service, or its PostgreSQL, is killed at random moments of writes: everything that was acknowledged is there."""

import functools
import itertools
import random
import signal
import time

from .writers import Writer
from .report import Report

DATABASES = ["sqlite", "postgres"]
WRITERS = 6
# The cheapest hash that argon2 allows: most of the time is spent writing.
CHEAP_HASH = {"AUTH__PASSWORDS__MEMORY_KIB": 8, "AUTH__PASSWORDS__ITERATIONS": 1}
# In this part of the rounds the database is killed, in turn by an immediate shutdown and by SIGKILL.
DATABASE_ROUNDS = 3
# How many of the sessions that a round has used are used again after it.
CHECKED = 20


def add_arguments(command):
    command.add_argument("--kills", type=int, default=200, help="number of kills (default: 200)")
    command.add_argument("--seed", type=int, help="seed for the random moments")


def run(cluster, args):
    kills, seed = 10 if args.quick else args.kills, args.seed or random.randrange(10**6)
    report = Report(f"durability, {cluster.database}, {kills} kills, seed {seed}")
    chance, database_signals = random.Random(seed), itertools.cycle([signal.SIGQUIT, signal.SIGKILL])
    # A command does not wait long for a database that is down: a refresh is retried within 30 s.
    nodes, _ = cluster.start(replicas=0, auth={**CHEAP_HASH, "AUTH__DATABASE__START_WAIT_SECS": 2})
    create_client = functools.partial(nodes[0].command_line, "clients", "create")
    writers = [Writer(nodes, lambda name: create_client(name)[0] == 0) for _ in range(WRITERS)]
    problems, recoveries, database_kills = [], [], 0
    for number in range(1, kills + 1):
        admin = nodes[0].log_in()
        for writer in writers:
            writer.start(admin)
        time.sleep(chance.uniform(0.05, 0.6))
        if cluster.postgres and number % DATABASE_ROUNDS == 0:
            database_kills += 1
            cluster.postgres.crash(next(database_signals))
            took = cluster.postgres.recover()
            recoveries.append(took + max(node.wait_until_ready() for node in nodes))
            stop(writers)
        else:
            victim = chance.choice(nodes)
            victim.kill()
            stop(writers)
            recoveries.append(victim.start_and_wait())
        problems += [f"kill {number}: {problem}" for problem in flaws(cluster, nodes, writers)]
        if number % max(1, kills // 10) == 0:
            report.progress(f"{number} kills, {total(writers, 'acknowledged')} writes, {len(problems)} problems")
    people = [person for writer in writers for person in writer.people]
    unexpected = [problem for writer in writers for problem in writer.problems]
    for problem in (problems + unexpected)[:20]:
        report.progress(problem)
    report.figure("kills of auth-service, of PostgreSQL", f"{kills - database_kills}, {database_kills}")
    writes = f"{total(writers, 'acknowledged')}, {total(writers, 'in_doubt')}"
    report.figure("writes acknowledged, without a response or with 503", writes)
    sessions, clients = sum(len(person.sessions) for person in people), sum(len(writer.clients) for writer in writers)
    report.figure("users, sessions, clients", f"{len(people):,}, {sessions:,}, {clients:,}")
    report.figure("from start to ready", max(recoveries), "s at most")
    report.claim("after each kill everything that was acknowledged is there", not problems)
    report.claim("what is not acknowledged gets no response, or 503", not unexpected)
    return report.end()


def stop(writers):
    for writer in writers:
        writer.stop()
    for writer in writers:
        writer.thread.join()


def total(writers, name):
    return f"{sum(getattr(writer, name) for writer in writers):,}"


def flaws(cluster, nodes, writers):
    """What is missing, or is there although it should not be."""
    if not cluster.postgres:
        [[answer]] = cluster.query("PRAGMA integrity_check")
        if answer != "ok":
            yield f"integrity_check: {answer}"
    people = [person for writer in writers for person in writer.people]
    yield from lost_users(cluster, people)
    yield from lost_sessions(cluster, people)
    yield from lost_lines(cluster, people)
    clients = {row[0] for row in cluster.query("SELECT id FROM clients")}
    yield from (f"{client} is lost" for writer in writers for client in writer.clients if client not in clients)
    touched = [session for writer in writers for session in writer.touched if session in session.person.sessions]
    for session in random.sample(touched, min(CHECKED, len(touched))):
        yield from flaws_of_session(random.choice(nodes), session)
    for person in people:
        if len(person.passwords) > 1:
            yield from settle_password(random.choice(nodes), person)


def lost_users(cluster, people):
    roles = dict(cluster.query("SELECT username, role FROM users"))
    for person in people:
        role = roles.get(person.name)
        if role not in person.roles:
            yield f"{person.name} has the role {role}, not {person.roles}"
        else:
            person.roles = {role}


def lost_sessions(cluster, people):
    rows = {row[0]: row[1:] for row in cluster.query("SELECT id, generation, COALESCE(revoked_at, 0) FROM sessions")}
    for session in (session for person in people for session in person.sessions):
        if session.id not in rows:
            yield f"a session of {session.person.name} is lost"
            continue
        generation, revoked_at = map(int, rows[session.id])
        if session.has_ended != (revoked_at != 0):
            yield f"a session of {session.person.name} {'goes on' if session.has_ended else 'has ended'}"
        allowed = {session.generation, session.generation + session.is_in_doubt}
        if not session.has_ended and generation not in allowed:
            yield f"a session of {session.person.name} has generation {generation}, not {allowed}"


def lost_lines(cluster, people):
    lines = "FROM audit_log WHERE subject IS NOT NULL"
    rows = cluster.query(f"SELECT action, subject, count(*) {lines} GROUP BY action, subject")
    counts = {(action, subject): int(count) for action, subject, count in rows}
    for person in people:
        for action, count in person.lines.items():
            found = counts.get((action, person.name), 0)
            if found < count:
                yield f"{found} audit lines {action} of {person.name}, not {count}"
    for [name] in cluster.query("SELECT username FROM users WHERE username LIKE 'person%'"):
        if ("registered", name) not in counts:
            yield f"{name} has no audit line"


def flaws_of_session(node, session):
    """Uses a session: its newest token works, also if the response to its use was lost; an ended one does not."""
    response = node.refresh(session.refresh_token, timeout=10)
    if response.status != (401 if session.has_ended else 200):
        yield f"a session of {session.person.name}: {response.status} {response.body.decode(errors='replace')}"
    elif not session.has_ended:
        session.take(response.json)
        session.is_in_doubt = False


def settle_password(node, person):
    """Of two passwords exactly one is right."""
    bodies = {password: {"username": person.name, "password": password} for password in person.passwords}
    statuses = {password: node.post("/login", body).status for password, body in bodies.items()}
    if sorted(statuses.values()) != [200, 401]:
        yield f"{person.name} logs in with {sorted(statuses.values())}"
        return
    person.passwords = {password for password, status in statuses.items() if status == 200}
    person.note("logged_in")
