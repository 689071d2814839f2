"""Slow connections: clients that send a byte per second, or never read what they have asked for."""

import collections
import errno
import multiprocessing
import resource
import select
import socket
import time

# A byte per second of what never ends.
HEADERS, BODY, NEXT_HEADERS, NO_READING = "slow headers", "slow body", "slow headers of a second request", "never reading"
KINDS = (HEADERS, BODY, NEXT_HEADERS, NO_READING)
JSON = "Content-Type: application/json"
GONE = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR


# New connections of each kind per second, one after another, so that connecting does not become the attack.
CONNECTS = 40


class Slow:
    """A process with slow connections to a service: what it measures is not measured by the drill, whose own requests it must not
    delay."""

    def __init__(self, service, count, body_route):
        processes = multiprocessing.get_context("fork")
        self.stopping, self.results = processes.Event(), processes.Queue()
        work = (service.port, count, body_route, self.stopping, self.results)
        self.process = processes.Process(target=keep_open, args=work, daemon=True)

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.held, self.closed, self.refused, self.statuses = self.results.get(timeout=30)
        self.process.join()


def keep_open(port, count, body_route, stopping, results):
    connections = Connections(port, count, body_route)
    while not stopping.is_set():
        connections.turn()
    held = {kind: connections.oldest(kind) for kind in KINDS}
    closed = {kind: len(connections.held[kind]) for kind in KINDS}
    results.put((held, closed, connections.refused, connections.statuses))


class Connections:
    """Slow connections, all kinds alike: a closed one is opened again. They come from ten addresses of this machine."""

    def __init__(self, port, count, body_route):
        self.port, self.count, self.body_route = port, count, body_route
        self.held, self.statuses = collections.defaultdict(list), collections.Counter()
        self.refused, self.open, self.epoll = 0, {}, select.epoll()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def turn(self):
        """One second: new connections, what is heard, and a byte on each."""
        began = time.monotonic()
        for number in range(CONNECTS):
            counts = collections.Counter(connection.kind for connection in self.open.values())
            for kind in KINDS:
                if counts[kind] < self.count // len(KINDS):
                    self.connect(kind)
            while (left := began + (number + 1) / CONNECTS - time.monotonic()) > 0:
                for file, event in self.epoll.poll(left):
                    self.heard(self.open[file], event)
        for connection in list(self.open.values()):
            connection.drip()

    def connect(self, kind):
        connection = Connection(self.port, kind, self.body_route, f"127.0.0.{2 + len(self.open) % 10}")
        if connection.error:
            self.refused += 1
            return
        self.open[connection.socket.fileno()] = connection
        reading = 0 if kind == NO_READING else select.EPOLLIN
        self.epoll.register(connection.socket, reading | GONE)

    def heard(self, connection, event):
        data = b""
        if event & select.EPOLLIN:
            try:
                data = connection.socket.recv(65536)
            except OSError:
                event |= select.EPOLLERR
        if data.startswith(b"HTTP/1.1 "):
            self.statuses[f"{connection.kind}: {data[9:12].decode()}"] += 1
        if event & GONE or not data:
            self.held[connection.kind].append(time.monotonic() - connection.since)
            del self.open[connection.socket.fileno()]
            connection.socket.close()
        elif connection.kind == NEXT_HEADERS:
            connection.is_first = False
            connection.since, connection.text = time.monotonic(), b"GET / HTTP/1.1\r\nX-Slow: "

    def oldest(self, kind):
        """For how long the oldest connection of this kind was held, closed or not."""
        now = time.monotonic()
        still_open = [now - connection.since for connection in self.open.values() if connection.kind == kind]
        return max(self.held[kind] + still_open, default=0.0)


class Connection:
    """A slow connection."""

    def __init__(self, port, kind, body_route, address):
        self.kind, self.since, self.error, self.is_first = kind, time.monotonic(), None, True
        self.socket = socket.socket()
        if kind == NO_READING:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.text = {
            HEADERS: b"GET / HTTP/1.1\r\nX-Slow: ",
            BODY: f"POST {body_route} HTTP/1.1\r\nHost: x\r\n{JSON}\r\nContent-Length: 30000\r\n\r\n".encode(),
            NEXT_HEADERS: b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
            # More than the buffers of the network hold.
            NO_READING: b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 400,
        }[kind]
        try:
            self.socket.bind((address, 0))
            self.socket.connect(("127.0.0.1", port))
            self.socket.setblocking(False)
        except OSError as error:
            self.error = error
            self.socket.close()
            return
        self.drip()

    def drip(self):
        """Sends what is due: the beginning, then a byte."""
        waits = self.kind == NO_READING or (self.kind == NEXT_HEADERS and self.is_first)
        text = self.text or (b"" if waits else b"a")
        try:
            self.text = self.text[self.socket.send(text) :] if text else text
        except OSError as error:
            # The buffers are full, or it is closed, which the next event says.
            if error.errno not in (errno.EAGAIN, errno.EPIPE, errno.ECONNRESET):
                raise
