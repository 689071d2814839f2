"""Faults of the disk, on a small file system in memory, and of a database server that goes away."""

import contextlib
import signal
import subprocess

from .cluster import Cluster, Postgres, wait_until
from .fault_users import CHEAP_HASH, Users


@contextlib.contextmanager
def small_disk(report, folder, mib):
    """A file system of this size, mounted at the folder; `None` if that is not permitted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0711", "none", str(folder)]
    try:
        is_mounted = subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        is_mounted = False
    if not is_mounted:
        report.progress("skipped: mounting a file system requires root")
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    """A file that takes all the space."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096):
            pass
    return ballast


def full_disk(report, name, node, folder):
    """The disk of a node's database is full for a while."""
    users = Users(node)
    for _ in range(20):
        users.register()
    ballast = fill(folder)
    users.register_until(503, 30, f"{name}: a refusal")
    users.register_for(3)
    live = node.get("/health/live").status
    ballast.unlink()
    took = users.register_until(201, 30, f"{name}: a registration after space was freed")
    report.figure(f"{name}: first user after space was freed", took, "s")
    refusals = ", ".join(f"{status} {code}" for status, code in sorted(users.refusals))
    report.figure(f"{name}: responses meanwhile", refusals)
    report.claim(f"{name}: 503 meanwhile", {status for status, _ in users.refusals} == {503} and live == 200)
    report.claim(f"{name}: nothing acknowledged is lost", not users.lost())


def full_for_sqlite(report):
    with Cluster("faults", "sqlite") as cluster, small_disk(report, cluster.folder / "disk", 4) as folder:
        if folder is None:
            return
        node = cluster.auth_node(1, f"sqlite://{folder}/auth.db", **CHEAP_HASH)
        node.start_and_wait()
        full_disk(report, "full disk, SQLite", node, folder)
        cluster.database_url = f"sqlite://{folder}/auth.db"
        [[answer]] = cluster.query("PRAGMA integrity_check")
        report.claim("full disk, SQLite: PRAGMA integrity_check succeeds", answer == "ok")
        node.stop()


def full_for_postgres(report):
    with Cluster("faults", "sqlite") as cluster, small_disk(report, cluster.folder / "postgres", 128) as folder:
        if folder is None:
            return
        cluster.postgres = Postgres(cluster)
        cluster.postgres.start()
        node = cluster.auth_node(1, cluster.postgres.create_database("auth"), **CHEAP_HASH)
        node.start_and_wait()
        full_disk(report, "full disk, PostgreSQL", node, folder)
        node.stop()
        cluster.end(cluster.postgres.process, signal.SIGINT)


def read_only(report):
    """The file system is read-only when the node starts, as after an error of the disk."""
    with Cluster("faults", "sqlite") as cluster, small_disk(report, cluster.folder / "disk", 16) as folder:
        if folder is None:
            return
        node = cluster.auth_node(1, f"sqlite://{folder}/auth.db", **CHEAP_HASH)
        node.start_and_wait()
        users = Users(node)
        users.register()
        node.stop()
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        node.start()
        wait_until(lambda: node.process.poll() is not None, 10, "read-only disk: the end of the process")
        error = node.log.read_text().strip().splitlines()[-2].replace(str(cluster.folder), "…")
        report.figure("read-only disk: exit code, error", f"{node.process.returncode}, {error}")
        names_setting = node.process.returncode == 2 and "AUTH__DATABASE__URL" in error
        report.claim("read-only disk: the start fails with exit code 2 and names the setting", names_setting)
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
        node.start_and_wait()
        holds = users.register() == 201 and not users.lost()
        report.claim("read-only disk: afterwards it starts and nothing is lost", holds)
        node.stop()


def gone(report):
    """PostgreSQL is killed, stays away for a while, and is started again."""
    with Cluster("faults", "postgres") as cluster:
        nodes, [replica] = cluster.start(replicas=1, auth=CHEAP_HASH)
        users, token = Users(nodes[0]), nodes[1].log_in()
        users.register()
        cluster.postgres.crash(signal.SIGKILL)
        users.register_for(5)
        ready = {node.get("/health/ready").error for node in nodes}
        served = replica.get("/dashboard", token).status
        recovery = cluster.postgres.recover()
        took = max(users.register_until(201, 30, "a registration"), *(node.wait_until_ready() for node in nodes))
        report.figure("database gone: recovery of PostgreSQL, first user after that", f"{recovery:.2f} s, {took:.2f} s")
        report.claim("database gone: 503 meanwhile", {status for status, _ in users.refusals} == {503})
        holds = ready == {"database_unavailable"} and served == 200
        report.claim("database gone: nodes are not ready, replicas serve", holds)
        report.claim("database gone: nothing acknowledged is lost", not users.lost())
