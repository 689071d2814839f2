"""A browser without scripts: it follows redirects, also those of pages, keeps cookies, and fills in the forms of the login pages."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

MAX_STEPS = 20
TIMEOUT_SECS = 30


class Form(HTMLParser):
    """The first form of a page, with its fields and buttons, and where the page leads by itself."""

    def __init__(self, page):
        super().__init__()
        self.action, self.method, self.fields, self.buttons = None, "get", {}, []
        self.leads_to = None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        names = dict(attributes)
        if tag == "form" and self.action is None:
            self.action, self.method = names.get("action", ""), names.get("method", "get").lower()
        elif tag == "input" and names.get("name"):
            self.fields[names["name"]] = names.get("value") or ""
        elif tag == "meta" and names.get("http-equiv") == "refresh":
            self.leads_to = names["content"].partition("url=")[2]
        elif tag == "button" and names.get("name"):
            self.buttons.append((names["name"], names.get("value") or ""))


class Browser:
    """One user's browser. `asked` has what the pages on the way asked the user for: `password` or `decision`."""

    def __init__(self, username, password, certificate):
        self.username, self.password = username, password
        self.session = requests.Session()
        # No proxy of the environment: everything is on this machine.
        self.session.trust_env = False
        self.session.verify = str(certificate)
        self.asked = []

    def visit(self, url, stop_at=None):
        """Opens a URL and fills in each form. Returns the last response, or the URL if it begins with `stop_at`."""
        method, data, page = "get", None, None
        for _ in range(MAX_STEPS):
            if stop_at and url.startswith(stop_at):
                return url
            response = self.send(method, url, data, page)
            if response.is_redirect:
                keeps_method = response.status_code in (307, 308)
                method, data = (method, data) if keeps_method else ("get", None)
                url = urljoin(url, response.headers["Location"])
                continue
            is_page = response.headers.get("Content-Type", "").startswith("text/html")
            form = Form(response.text) if is_page else None
            if form is not None and form.leads_to:
                method, data, url, page = "get", None, urljoin(url, form.leads_to), response
                continue
            if form is None or form.action is None:
                return response
            method, url, data, page = form.method, urljoin(url, form.action), self.filled(form), response
        raise OSError(f"{MAX_STEPS} steps, and still on the way: {url}")

    def send(self, method, url, data, page):
        """Sends what a browser sends for a link that the user typed, or for the form of a page."""
        headers = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        if page is not None:
            headers["Sec-Fetch-Site"] = "same-origin" if origin(page.url) == origin(url) else "cross-site"
        if page is not None and method == "post":
            hides_origin = page.headers.get("Referrer-Policy") == "no-referrer"
            headers["Origin"] = "null" if hides_origin else origin(page.url)
        sent = {"data": data} if method == "post" else {"params": data}
        return self.session.request(
            method, url, headers=headers, allow_redirects=False, timeout=TIMEOUT_SECS, **sent
        )

    def filled(self, form):
        fields = dict(form.fields)
        if "password" in fields:
            if self.asked[-2:] == ["password"] * 2:
                raise OSError("the password is asked for again and again")
            self.asked.append("password")
            fields |= {"username": self.username, "password": self.password}
        elif ("decision", "allow") in form.buttons:
            self.asked.append("decision")
            fields["decision"] = "allow"
        return fields


def origin(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
