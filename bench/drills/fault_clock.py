"""The clock jumps forward and back. Needs libfaketime."""

import glob
import time

from .cluster import USERS, Cluster
from .fault_users import CHEAP_HASH

HOUR = 3600


def jumps(report):
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not libraries:
        report.progress("skipped: apt-get install libfaketime")
        return
    with Cluster("faults", "sqlite") as cluster:
        clock = cluster.folder / "clock"
        clock.write_text("+0\n")
        # Only the clock of the day jumps: that of timers never does.
        fake = {
            "LD_PRELOAD": libraries[0],
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        [node], [replica] = cluster.start(replicas=1, auth=CHEAP_HASH | fake, resource=fake)

        def jump(seconds):
            clock.write_text(f"{seconds:+}\n")
            # Tasks that run each second have noticed.
            time.sleep(3)

        def use(token):
            response = replica.get("/dashboard", token)
            return response.status if response.status == 200 else response.error

        def use_of(response):
            return use(response.json["access_token"]) if response.status == 200 else response.error

        first = node.tokens(USERS[0])
        before = use(first["access_token"])
        jump(HOUR)
        forward = use(first["access_token"])
        second, unused = node.refresh(first["refresh_token"]), node.log_in()
        after_refresh = use_of(second)
        ready = [service.get("/health/ready").status for service in (node, replica)]
        jump(0)
        back, again = use(unused), use_of(second)
        third = node.refresh(second.json["refresh_token"]) if second.status == 200 else second
        login = node.post("/login", dict(zip(("username", "password"), USERS[1])))
        after_back = [use_of(third), use_of(login)]
        ready += [service.get("/health/ready").status for service in (node, replica)]
        stages = [key["stage"] for key in node.keys()]
        report.figure("clock: a token before, an hour later, refreshed", f"{before}, {forward}, {after_refresh}")
        report.figure("clock: then back: a token of the future, one that was used before", f"{back}, {again}")
        report.figure("clock: refreshed after that, of a login", f"{after_back[0]}, {after_back[1]}")
        holds = (before, forward, after_refresh) == (200, "token_expired", 200)
        report.claim("clock forward: tokens expire, a refresh works", holds)
        holds = [back, *after_back] == ["invalid_token", 200, 200]
        report.claim("clock back: tokens of the future are refused, refreshes and logins work", holds)
        holds = ready == [200] * 4 and stages.count("current") == 1
        report.claim("clock: both are ready throughout, and one key is current", holds)
