"""What the steps of a login with an application cost the issuer, in processor time."""

import http.client
import resource
import threading
import urllib.parse

from drills.cluster import DrillError
from drills.web import FORM, FROM_ELSEWHERE, FROM_OUR_PAGE, Application, Balancer, Browser, code_in

from .machine import cpu_seconds
from .rounds import Target
from .services import USER, bounds

CONNECTIONS = 8
#: Text, target, goal: at most so many milliseconds of processor time.
PAGE_GOALS = [
    ("the login page, `GET /authorize`", "login-page", 2.0),
    ("the consent page", "consent-page", 2.0),
    ("an error page", "error-page", 2.0),
    ("the question before a logout", "logout-page", 2.0),
]
#: More than the hash.
LOGIN_GOAL_MS = 2.0
#: The rate of exchanges, in processor time, as a share of half the signatures of a core.
EXCHANGE_GOAL = 0.5


class Steps:
    """The requests of a login with an application, at one node."""

    def __init__(self, node, core, count):
        self.node, self.core, self.count = node, core, count
        balancer = Balancer([node])
        self.shop, self.browser = Application(balancer).register(node), Browser(balancer)
        self.login_page = self.browser.open(self.shop.authorize_path())
        sent = self.browser.submit(self.login_page, username=USER[0], password=USER[1])
        self.browser.submit(self.browser.open(sent.next_url), decision="allow")

    def targets(self):
        login, ask = self.shop.authorize_path(), self.shop.authorize_path(prompt="consent")
        made = [
            Target("signatures", "bound: RSA-2048 signatures of aws-lc-rs", self.signatures),
            Target("hashes", "bound: argon2id hashes", lambda _: {"rate": self.latest["hashes"]}),
            Target("exchange", "exchange of a code, `POST /oauth/token`", self.exchange),
            self.page("login-page", "login page, `GET /authorize`", login, "/authorize/login", cookies=False),
            self.page("consent-page", "consent page, `GET /authorize`", ask, "/authorize/consent"),
            self.page("error-page", "error page, `GET /authorize`", "/authorize?client_id=nobody", None, status=400),
            self.page("logout-page", "question, `GET /oauth/logout`", "/oauth/logout?client_id=shop", "/oauth/logout/confirm"),
            Target("login", "`POST /authorize/login`, argon2id", self.log_in),
            Target("code", "`GET /authorize` that a code answers", self.codes),
        ]
        return made

    def signatures(self, seconds):
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = bounds(self.core, seconds)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        # Per second of processor time, as for the node: the core may be busy with other work.
        used = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
        self.latest = {name: rate * len(found) * seconds / used for name, rate in found.items()}
        return {"rate": self.latest["signatures"]}

    def page(self, name, text, path, action, cookies=True, status=200):
        headers = FROM_ELSEWHERE | (self.cookies() if cookies else {})

        def check(answer, body):
            if answer.status != status or (action and f'action="{action}"' not in body):
                raise DrillError(f"GET {path} responds with {answer.status} {body[:200]}")

        return Target(name, text, lambda _: self.measure([("GET", path, None, headers)] * self.count * 5, check))

    def cookies(self):
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())}

    def codes(self, _):
        """Codes for a browser whose user has consented before. They are kept for the exchange."""
        self.fresh = []

        def check(answer, body):
            code = code_in(answer.headers["Location"])
            if code is None:
                raise DrillError(f"GET /authorize responds with {answer.status} {body[:200]}")
            self.fresh.append(code)

        request = ("GET", self.shop.authorize_path(), None, FROM_ELSEWHERE | self.cookies())
        return self.measure([request] * self.count, check)

    def exchange(self, _):
        self.codes(_)
        requests = [("POST", "/oauth/token", self.shop.exchange_fields(code), self.shop.authorization) for code in self.fresh]

        def check(answer, body):
            if answer.status != 200 or "id_token" not in body:
                raise DrillError(f"an exchange responds with {answer.status} {body[:200]}")

        return self.measure(requests, check)

    def log_in(self, _):
        action, hidden = self.login_page.form
        fields = hidden | {"username": USER[0], "password": USER[1]}
        # Only what recognizes the browser: each of them begins a session.
        known = {"Cookie": f"auth_browser={self.browser.cookies['auth_browser']}"}

        def check(answer, body):
            if answer.status != 303:
                raise DrillError(f"a login responds with {answer.status} {body[:200]}")

        return self.measure([("POST", action, fields, FROM_OUR_PAGE | known)] * (self.count // 2), check)

    def measure(self, requests, check):
        """Sends all requests over a few connections: the node's processor time for each."""
        problems = []

        def send(share):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=30)
                for method, path, fields, headers in share:
                    body = urllib.parse.urlencode(fields) if fields else None
                    connection.request(method, path, body, headers | ({"Content-Type": FORM} if fields else {}))
                    answer = connection.getresponse()
                    check(answer, answer.read().decode())
                connection.close()
            except (OSError, http.client.HTTPException, DrillError) as error:
                problems.append(error)

        threads = [threading.Thread(target=send, args=(requests[first::CONNECTIONS],)) for first in range(CONNECTIONS)]
        before = cpu_seconds(self.node.process.pid)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = cpu_seconds(self.node.process.pid)
        if problems:
            raise DrillError(str(problems[0]))
        user, system = ((end - start) * 1e6 / len(requests) for start, end in zip(before, after))
        # As if the core did nothing else.
        return {"rate": 1e6 / (user + system), "user_us": user, "system_us": system}
