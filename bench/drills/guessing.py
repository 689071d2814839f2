"""Passwords are guessed at two nodes: few guesses get an answer, and neither owners nor strangers are kept out.

First one account from 1,000 addresses, and 1,000 accounts from one address, in parallel; then any account from any address."""

import time

from .cluster import DEFAULT_LIMITS, USERS, DrillError
from .load import Load
from .paced import Paced
from .report import Report

DATABASES = ["postgres"]
# The defaults: guesses at one account at once, and how often one more; wrong passwords from one address at each node.
ACCOUNT_BURST, ACCOUNT_SECS = 10, 180
ADDRESS_BURST, ADDRESS_SECS = 30, 6
ANSWERS = (200, 401, 403)
CONNECTIONS = 100
PASSWORD = USERS[0][1]
# The password of all users is known to the drill: they are copies of a sample user.
COPY_USERS = """
    INSERT INTO users (id, username, username_key, password_hash, role, created_at)
    SELECT {first} + n, '{name}' || n, '{name}' || n, password_hash, 'user', created_at
    FROM users, generate_series(0, {count} - 1) AS n WHERE username = 'user_01';
    UPDATE sequences SET last = {first} + {count} WHERE name = 'users'"""


def add_arguments(command):
    command.add_argument("--seconds", type=int, default=25, help="duration of each of the two attacks (default: 25)")


def run(cluster, args):
    seconds = 4 if args.quick else args.seconds
    report = Report(f"guessing, two attacks of {seconds} s")
    nodes, _ = cluster.start(replicas=0, auth={**DEFAULT_LIMITS, "AUTH__TRUSTED_PROXIES": "127.0.0.1"})
    for first, name, count in ((1000, "owner_", 2), (2000, "honest_", 50), (3000, "many_", 1000)):
        cluster.postgres.execute(cluster.database_url, COPY_USERS.format(first=first, name=name, count=count))
    device = logged_in(nodes[0], "owner_0", "192.0.2.1")["device_token"]
    logged_in(nodes[0], "owner_0", "192.0.2.2")
    on_device = Paced(lambda turn: log_in(nodes[turn % 2], "owner_0", f"198.18.0.{turn % 250}", device), 0.5)
    in_network = Paced(lambda turn: log_in(nodes[turn % 2], "owner_0", "192.0.2.2"), 0.5)
    with on_device, in_network:
        attack_accounts(cluster, report, nodes, seconds)
        stranger = log_in(nodes[1], "owner_0", "198.18.9.9")
        spray(cluster, report, nodes, seconds)
    report.figure("logins of the attacked user on a known device", on_device)
    report.figure("the same in the network of a live session", in_network)
    report.claim("a right password from a stranger's address gets 429 then", stranger.status == 429)
    in_time = on_device.within(2) == in_network.within(2) == 1
    report.claim("on a device, and in a network, the owner logs in within 2 s each time", in_time)
    return report.end()


def log_in(node, username, address, device=None):
    body = {"username": username, "password": PASSWORD} | ({"device_token": device} if device else {})
    return node.ask("POST", "/login", body=body, address=address)


def logged_in(node, username, address):
    response = log_in(node, username, address)
    if response.status != 200:
        raise DrillError(f"{node.name} responds to a login with {response.status} {response.body.decode()}")
    return response.json


def guess(cluster, nodes, connections, seconds, accounts, addresses):
    """A running attack on all nodes."""
    share, arguments = connections // len(nodes), [*accounts, *addresses]
    return [Load(cluster, node, "guessing.lua", seconds, share, path="/login", arguments=arguments) for node in nodes]


def statuses(loads, *codes):
    return sum(load.status(*codes) for load in loads)


def attack_accounts(cluster, report, nodes, seconds):
    """One account from many addresses, and many accounts from one address."""
    report.progress("guesses at one account from 1,000 addresses, and at 1,000 accounts from one address")
    with honest_logins(nodes) as honest:
        began = time.monotonic()
        one_account = guess(cluster, nodes, CONNECTIONS // 2, seconds, ("owner_", 1), ("10.1", 1000))
        one_address = guess(cluster, nodes, CONNECTIONS // 2, seconds, ("many_", 1000), ("10.2", 1))
        for load in one_account + one_address:
            load.wait()
        took = time.monotonic() - began
    strangers = "FROM guess_budgets WHERE lane = 'stranger' AND user_id >= 3000"
    most = int(cluster.query(f"SELECT coalesce(max(failures), 0) {strangers}")[0][0])
    allowed = ACCOUNT_BURST + int(took / ACCOUNT_SECS)
    show(report, "one account from 1,000 addresses", one_account)
    show(report, "1,000 accounts from one address", one_address)
    report.figure("guesses at one of the 1,000 accounts", most, "at most")
    report.figure("honest logins meanwhile", honest)
    few = statuses(one_account, *ANSWERS) <= allowed
    report.claim(f"at most {allowed} guesses at one account get an answer, over both nodes", few)
    # What is in progress when the address reaches its limit is still answered.
    limit = len(nodes) * (ADDRESS_BURST + int(took / ADDRESS_SECS) + 1) + CONNECTIONS // 2
    few = statuses(one_address, *ANSWERS) <= limit and most <= allowed
    report.claim(f"of one address at most {limit}, at most {allowed} of them at one account", few)
    report.claim("all others get 429 or 503", only_refused(one_account + one_address))
    report.claim("95 % of honest logins succeed within 2 s", honest.within(2) >= 0.95)


def spray(cluster, report, nodes, seconds):
    """Any account from any address, so that most guesses are admitted and hashed."""
    report.progress("guesses at any account from any address")
    with honest_logins(nodes) as honest:
        loads = guess(cluster, nodes, CONNECTIONS, seconds, ("many_", 100_000), ("10.3", 60_000))
        for load in loads:
            load.wait()
    show(report, f"any account from any address, {CONNECTIONS} connections", loads)
    report.figure("honest logins meanwhile", honest)
    report.claim(f"95 % of honest logins succeed within 2 s while {CONNECTIONS} connections guess", honest.within(2) >= 0.95)
    report.claim("none of these guesses fails otherwise", only_refused(loads))


def honest_logins(nodes):
    """Each with the right password, from an address that nobody has used before."""

    def send(turn):
        return log_in(nodes[turn % 2], f"honest_{turn % 50}", f"198.19.{turn // 250 % 250}.{turn % 250 + 1}")

    return Paced(send, 0.1, threads=8)


def show(report, what, loads):
    answered, refused, busy = (statuses(loads, *codes) for codes in (ANSWERS, (429,), (503,)))
    report.figure(f"{what}: answered, 429, 503", f"{answered:,}, {refused:,}, {busy:,}")


def only_refused(loads):
    """Whether every response is an answer, 429 or 503."""
    return statuses(loads, *ANSWERS, 429, 503) == sum(sum(load.figures["statuses"].values()) for load in loads)
