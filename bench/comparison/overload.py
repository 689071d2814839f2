"""Three times the logins that can be hashed, and the latency of other routes at the same time."""

import asyncio
import threading
import time

from .machine import memory_mib
from .services import sessions


class OpenLoop:
    """Requests at a fixed rate, independent of responses. Latency is measured from when a request is due, to avoid coordinated
    omission."""

    def __init__(self, port, rate, seconds, next_request):
        self.port, self.rate, self.seconds, self.next_request = port, rate, seconds, next_request
        self.idle, self.responses, self.lost = [], [], 0

    async def run(self):
        began, tasks = time.monotonic(), set()
        for number in range(int(self.rate * self.seconds)):
            due = began + number / self.rate
            await asyncio.sleep(max(0, due - time.monotonic()))
            task = asyncio.create_task(self.ask(due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks, timeout=30)

    async def ask(self, due):
        request, keep_body = self.next_request()
        try:
            reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(request)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            body = await reader.readexactly(int(length.partition(b":")[2]))
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, StopIteration):
            self.lost += 1
            return
        self.responses.append((int(head[9:12]), (time.monotonic() - due) * 1000))
        self.idle.append((reader, writer))
        keep_body(body)

    def times(self, *statuses):
        """The latencies in milliseconds of responses with these statuses, sorted."""
        return sorted(took for status, took in self.responses if status in statuses)


def percentile(times, share):
    return times[min(len(times) - 1, int(len(times) * share))] if times else float("nan")


def request(method, path, body="", **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def refreshes(tokens):
    """Requests that each use a token from an earlier response."""

    def next_request():
        token = tokens.pop(0)

        def keep(body):
            found = body.split(b'"refresh_token":"')
            tokens.append(found[1].split(b'"')[0].decode() if len(found) > 1 else token)

        return request("POST", "/refresh", Authorization=f"Bearer {token}"), keep

    return next_request


def overload(node, logins_per_second, seconds, user):
    """The results of an overload at three times that rate."""
    body = f'{{"username":"{user[0]}","password":"{user[1]}"}}'
    log_in = request("POST", "/login", body, Content_Type="application/json")
    jwks, health = request("GET", "/.well-known/jwks.json"), request("GET", "/health/live")
    nothing = lambda _: None  # noqa: E731
    crowd = OpenLoop(node.port, 3 * logins_per_second, seconds, lambda: (log_in, nothing))
    refreshing = OpenLoop(node.port, 20, seconds, refreshes([pair["refresh_token"] for pair in sessions(node, 40)]))
    keys = OpenLoop(node.port, 20, seconds, lambda: (jwks, nothing))
    alive = OpenLoop(node.port, 20, seconds, lambda: (health, nothing))

    before = memory_mib(node.process.pid)
    most, done = [before], threading.Event()

    def watch():
        while not done.wait(0.1):
            most.append(memory_mib(node.process.pid))

    async def all_at_once():
        await asyncio.gather(*(loop.run() for loop in (crowd, refreshing, keys, alive)))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    asyncio.run(all_at_once())
    done.set()
    watching.join()
    admitted, rejected = crowd.times(200), crowd.times(503)
    return {
        "offered": 3 * logins_per_second,
        "admitted": len(admitted) / seconds,
        "rejected": len(rejected) / seconds,
        "other": len(crowd.responses) - len(admitted) - len(rejected) + crowd.lost,
        "admitted_p50": percentile(admitted, 0.5),
        "admitted_p99": percentile(admitted, 0.99),
        "rejected_p50": percentile(rejected, 0.5),
        "rejected_p99": percentile(rejected, 0.99),
        "refresh_p99": percentile(refreshing.times(200), 0.99),
        "refresh_failed": len(refreshing.responses) - len(refreshing.times(200)) + refreshing.lost,
        "jwks_p99": percentile(keys.times(200), 0.99),
        "health_p99": percentile(alive.times(200), 0.99),
        "memory_before": before,
        "memory_most": max(most),
    }
