"""A node is killed at every moment of a login with an application: the login goes on at the other node.

A browser without scripts and an application go from the authorization request to the logout, behind a load balancer that
skips a node where nobody listens. A node is killed between two steps, or while it answers; a client that gets no answer sends the
request again. Then each code is sent to both nodes at the same instant."""

import collections
import statistics
import threading
import time

from .cluster import USERS, DrillError, wait_until
from .report import Report
from .web import Application, Balancer, Browser, Lost, code_in

DATABASES = ["postgres"]
STEPS = [
    "GET /authorize",
    "POST /authorize/login",
    "GET /authorize/continue",
    "POST /authorize/consent",
    "POST /oauth/token, code",
    "GET /userinfo",
    "POST /oauth/token, refresh",
    "GET /oauth/logout",
]
# When the node is killed: before the step is taken, or after this share of the time that the step takes.
BEFORE = None
MOMENTS = [BEFORE, 0, 0.2, 0.4, 0.6, 0.8, 1]
# A poll of the status lists, and a second to fetch them.
REVOKED_SECS = 3


def add_arguments(command):
    command.add_argument("--rounds", type=int, default=3, help="kills at each moment of each step (default: 3)")
    command.add_argument("--codes", type=int, default=100, help="codes sent to both nodes at once (default: 100)")


def run(cluster, args):
    rounds, moments = (1, MOMENTS[::3]) if args.quick else (args.rounds, MOMENTS)
    kills = rounds * len(moments) * len(STEPS)
    report = Report(f"login-kill, {kills} kills, {args.codes} codes sent twice at once")
    nodes, replicas = cluster.start(nodes=2, replicas=2)
    balancer = Balancer(nodes)
    shop = Application(balancer).register(nodes[0])
    log = Log()
    for _ in range(5):
        Story(balancer, shop, replicas, log).tell()
    usual = {step: statistics.median(seconds) for step, seconds in log.seconds.items()}
    report.progress("the steps take " + ", ".join(f"{seconds * 1000:.0f}" for seconds in usual.values()) + " ms")
    for number in range(rounds):
        for step in STEPS:
            for moment in moments:
                kill = Kill(balancer, step, moment if moment is BEFORE else moment * usual[step])
                Story(balancer, shop, replicas, log).tell(kill)
                kill.repair(log)
        report.progress(f"round {number + 1} of {rounds}: {len(log.problems)} problems")
    refused = sum(is_used_up(shop, *use) for use in log.codes)
    rejected = time_to_reject(replicas, log.tokens)
    report.progress(f"{len(log.codes)} codes sent again, {len(log.tokens)} tokens sent after the logouts")
    twice = twice_at_once(balancer, shop, nodes, 10 if args.quick else args.codes)
    return results(report, log, kills, refused, rejected, twice)


class Log:
    """What happened in all stories."""

    def __init__(self):
        self.seconds = collections.defaultdict(list)
        self.kills, self.lost, self.ends = collections.Counter(), collections.Counter(), collections.Counter()
        self.began_again, self.accepted, self.restarts = collections.Counter(), [], []
        # Codes with the node that exchanged each, and access tokens.
        self.codes, self.tokens, self.problems = [], [], []


class Kill:
    """The end of a node, at one moment of a story."""

    def __init__(self, balancer, step, delay):
        self.balancer, self.step, self.delay = balancer, step, delay
        self.victim, self.timer = None, None

    def __str__(self):
        return f"{self.step}, {'before' if self.delay is BEFORE else f'{self.delay * 1000:.1f} ms after'} the request"

    def before(self, step, last):
        """Kills the node that answered last; or has the next one killed while it answers."""
        if step != self.step or self.victim:
            return
        if self.delay is BEFORE:
            self.victim = last or self.balancer.nodes[0]
            self.victim.kill()
        else:
            self.balancer.when_sent = self.kill_soon

    def kill_soon(self, node):
        self.balancer.when_sent = lambda node: None
        self.victim = node
        self.timer = threading.Timer(self.delay, node.kill)
        self.timer.start()

    def after(self):
        """Waits until the node is dead: what follows is at the other one."""
        if self.timer:
            self.timer.join()

    def repair(self, log):
        log.kills[self.step] += 1
        log.restarts.append(self.victim.start_and_wait())


class Story:
    """One login, from the authorization request to the logout."""

    def __init__(self, balancer, shop, replicas, log):
        self.balancer, self.shop, self.replicas, self.log = balancer, shop, replicas, log
        self.browser, self.kill, self.last = Browser(balancer), None, None

    def tell(self, kill=None):
        self.kill = kill
        try:
            end = self.log_in_and_out()
        except (DrillError, Lost) as error:
            end = "an error"
            self.problem(str(error))
        self.log.ends[end] += 1

    def log_in_and_out(self):
        tokens = self.log_in()
        self.until_accepted(tokens)
        self.step("GET /userinfo", lambda: self.shop.userinfo(tokens))
        refreshed = self.step("POST /oauth/token, refresh", lambda: self.shop.refresh(tokens)).json
        tokens = tokens | refreshed
        self.until_accepted(tokens)
        left = self.step("GET /oauth/logout", lambda: self.browser.open(self.shop.logout_path(tokens)))
        if not (left.next_url or "").startswith("https://shop.example/"):
            self.problem(f"the logout leads to {left.status} {left.title}")
        page = self.browser.open(self.shop.authorize_path())
        return "the login page" if page.form[0] == "/authorize/login" else f"{page.status} {page.title}"

    def log_in(self):
        """The tokens of a login, with consent."""
        page = self.step("GET /authorize", lambda: self.browser.open(self.shop.authorize_path(prompt="consent")))
        while True:
            if page.form[0] == "/authorize/login":
                name, password = USERS[0]
                asked = page
                sent = self.step(
                    "POST /authorize/login", lambda: self.browser.submit(asked, username=name, password=password)
                )
                page = self.step("GET /authorize/continue", lambda: self.browser.open(sent.next_url))
            consent = page
            answer = self.step("POST /authorize/consent", lambda: self.browser.submit(consent, decision="allow"))
            code = code_in(answer.next_url)
            if code is None:
                raise DrillError(f"the consent leads to {answer.status} {answer.title}")
            exchanged = self.step("POST /oauth/token, code", lambda: self.shop.exchange(code), lost_may_be_refused=True)
            if exchanged.status == 200:
                self.log.codes.append((code, exchanged.node))
                return exchanged.json
            # The node had exchanged the code before it died. Its user is still logged in, and is asked again.
            self.log.began_again[self.kill.step] += 1
            page = self.browser.open(self.shop.authorize_path(prompt="consent"))

    def step(self, name, act, lost_may_be_refused=False):
        """The answer to a step, which is taken again if there is none."""
        if self.kill:
            self.kill.before(name, self.last)
        began, is_repeated = time.monotonic(), False
        try:
            answer = act()
        except Lost:
            is_repeated = True
            self.log.lost[name] += 1
            self.kill.after()
            answer = act()
        if self.kill:
            self.kill.after()
        else:
            self.log.seconds[name].append(time.monotonic() - began)
        self.last = answer.node
        is_refused = lost_may_be_refused and is_repeated and answer.status == 400 and answer.json["error"] == "invalid_grant"
        if answer.status not in (200, 303) and not is_refused:
            raise DrillError(f"{name}: {answer.status} {answer.title or answer.text[:200]}, at {answer.node.name}")
        return answer

    def until_accepted(self, tokens):
        """Sends an access token to the replica of a living node."""
        alive = [node.process.poll() is None for node in self.balancer.nodes]
        replica, token = self.replicas[alive.index(True)], tokens["access_token"]
        self.log.tokens.append(token)
        accepts = lambda: replica.get("/dashboard", token).status == 200  # noqa: E731
        self.log.accepted.append(wait_until(accepts, 5, f"{replica.name} accepts a token"))

    def problem(self, text):
        self.log.problems.append(f"{self.kill or 'no kill'}: {text}")


def is_used_up(shop, code, node):
    """Whether a code is refused by the node that has not exchanged it."""
    other = next(one for one in shop.balancer.nodes if one is not node)
    again = shop.exchange(code, other)
    return again.status == 400 and again.json["error"] == "invalid_grant"


def time_to_reject(replicas, tokens):
    """The seconds until both replicas reject all tokens of users who have logged out."""

    def all_are_rejected():
        return all(replica.get("/dashboard", token).status == 401 for replica in replicas for token in tokens)

    return wait_until(all_are_rejected, 10, "the replicas reject the tokens of all logouts")


def twice_at_once(balancer, shop, nodes, count):
    """Sends each of these codes to both nodes at the same instant, and then once more; returns how often which statuses came."""
    browser, outcomes = Browser(balancer), collections.Counter()
    page = browser.open(shop.authorize_path(prompt="consent"))
    sent = browser.submit(page, username=USERS[0][0], password=USERS[0][1])
    browser.submit(browser.open(sent.next_url), decision="allow")
    for _ in range(count):
        code = code_in(browser.open(shop.authorize_path()).next_url)
        start, statuses = threading.Barrier(len(nodes)), []

        def use(node, code=code, start=start, statuses=statuses):
            start.wait()
            statuses.append(shop.exchange(code, node).status)

        threads = [threading.Thread(target=use, args=(node,)) for node in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses.append(shop.exchange(code).status)
        outcomes[tuple(sorted(statuses))] += 1
    return outcomes


def results(report, log, kills, refused, rejected, twice):
    for problem in log.problems[:20]:
        report.progress(problem)
    report.figure("kills; from start to ready", f"{kills}; {max(log.restarts):.2f} s at most")
    for step in STEPS:
        again = f"; {log.began_again[step]} asked the user for consent again" if log.began_again[step] else ""
        report.figure(f"killed at {step}", f"{log.kills[step]} times, {log.lost[step]} answers lost{again}")
    report.figure("where users were in the end, after the logout", ", ".join(f"{end} {n}" for end, n in log.ends.items()))
    report.figure("access tokens sent to the replica of a living node", len(log.accepted))
    report.figure("accepted after", max(log.accepted), "s at most")
    report.figure("rejected by both replicas, after the last logout", rejected, "s")
    report.figure("used codes sent to the other node", len(log.codes))
    report.figure("of them refused", refused)
    shown = [f"{n} times {', '.join(map(str, statuses))}" for statuses, n in sorted(twice.items())]
    report.figure("codes sent to both nodes at once, and once more", "; ".join(shown))
    report.claim("users get no error page and no 5xx, and every login comes to its end", not log.problems)
    report.claim("they are at the login page after the logout", set(log.ends) == {"the login page"})
    report.claim("every token that was issued is accepted by a replica", len(log.accepted) == len(log.tokens))
    report.claim(f"and rejected by both within {REVOKED_SECS} s of the logout", rejected <= REVOKED_SECS)
    report.claim("no code works a second time at the other node", refused == len(log.codes))
    report.claim("of both nodes one exchanges a code, and none does so afterwards", set(twice) == {(200, 400, 400)})
    return report.end()
