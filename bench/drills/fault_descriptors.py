"""No more file descriptors: more clients connect than the process may have open."""

import resource
import socket
import time

from .cluster import Cluster
from .fault_users import CHEAP_HASH, Users
from .garbage_tokens import processor_time

LIMIT, CLIENTS, SECONDS = 64, 300, 5


def exhausted(report):
    with Cluster("faults", "sqlite") as cluster:
        [node], [replica] = cluster.start(replicas=1, auth=CHEAP_HASH)
        users, token = Users(node), node.log_in()
        users.register()
        for service in (node, replica):
            resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        for service in (node, replica):
            idle = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(CLIENTS)]
            time.sleep(1)
            before = processor_time(service)
            time.sleep(SECONDS)
            share = (processor_time(service) - before) / 1e9 / SECONDS
            lines = service.log.read_text().count("\n")
            for connection in idle:
                connection.close()
            took = service.wait_until_ready(10)
            name = service.name.split("-")[0]
            report.figure(f"no descriptors, {name}: processor, lines in the log", f"{share:.0%}, {lines}")
            report.figure(f"no descriptors, {name}: ready after they were closed", took, "s")
            report.claim(f"no descriptors, {name}: no busy loop, and few lines in the log", share < 0.2 and lines < 100)
        served = replica.get("/dashboard", token).status
        holds = users.register() == 201 and served == 200 and not users.lost()
        report.claim("no descriptors: both serve afterwards", holds)
