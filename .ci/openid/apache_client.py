"""mod_auth_openidc, in Debian's Apache."""

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from client import check, debian_version
from issuer import start
from web_client import HERE, WebClient

MODULES = Path("/usr/lib/apache2/modules")
LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc")


@dataclass
class ApacheClient(WebClient):
    """An Apache of its own, with its files in a folder of its own."""

    def version(self):
        return debian_version(self.distribution)

    def logs_in(self, issuer, browser):
        super().logs_in(issuer, browser)
        requests = {(seen.method, seen.path, seen.status) for seen in issuer.seen}
        check({("POST", "/authorize", 303), ("POST", "/authorize/consent", 200)} <= requests, "no forms were used")

    def start_application(self, issuer, client_id, secret, redirect_uri, post_logout):
        folder = issuer.folder / "apache"
        site = folder / "site"
        site.mkdir(parents=True)
        for name in ("front", "login", "refresh"):
            (site / name).write_text(f"{name}\n", encoding="utf-8")
        # Where Apache is started by root, its workers run as another user.
        for path in (issuer.folder, folder, site):
            path.chmod(0o711)
        self.logout = f"{self.callback}?logout={quote(post_logout, safe='')}"
        values = {
            "FOLDER": str(folder),
            "PORT": str(self.port),
            "ISSUER": issuer.url,
            "CLIENT_ID": client_id,
            "CLIENT_SECRET": secret,
            "REDIRECT_URI": redirect_uri,
            "PASSPHRASE": secrets.token_urlsafe(16),
        }
        lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED]
        text = (HERE / self.script).read_text(encoding="utf-8")
        lines.append(re.sub(r"@([A-Z_]+)", lambda name: values[name[1]], text))
        conf = folder / "apache.conf"
        conf.touch(0o600)
        conf.write_text("\n".join(lines), encoding="utf-8")
        program = shutil.which("apache2", path="/usr/sbin:/usr/bin")
        if not program:
            raise OSError("apache2 is missing (Debian: apache2-bin)")
        start(issuer.stack, issuer.folder, [program, "-DFOREGROUND", "-f", str(conf)])
