"""The clients, in the order of the table."""

from agent_client import AgentClient
from apache_client import ApacheClient
from program_client import ProgramClient
from web_client import HERE, WebClient

CLIENTS = [
    WebClient("Authlib, in Flask", "Authlib", "authlib_app.py", lacks=("back-channel logout",)),
    WebClient(
        "mozilla-django-oidc",
        "mozilla-django-oidc",
        "mozilla_app.py",
        login="/oidc/authenticate/",
        callback="/oidc/callback/",
        logged_out="/",
        userinfo="/",
        # It asks with `prompt=none` for another login.
        refresh=("/expire", "/"),
        refreshes_by=("/oauth/token", "authorization_code"),
        logout="/oidc/logout/",
        has_tls=True,
        lacks=("back-channel logout",),
    ),
    WebClient(
        "django-allauth",
        "django-allauth",
        "allauth_app.py",
        login="/accounts/oidc/issuer/login/",
        callback="/accounts/oidc/issuer/login/callback/",
        logged_out=None,
        userinfo="/",
        lacks=("refresh", "logout", "back-channel logout", "changed signature"),
    ),
    WebClient("idpyoidc, in Flask", "idpyoidc", "idpyoidc_app.py", backchannel="/backchannel-logout"),
    WebClient(
        "flask-oidc",
        "flask-oidc",
        "flask_oidc_app.py",
        callback="/authorize",
        logged_out=None,
        userinfo="/",
        refresh=("/expire", "/"),
        has_pkce=False,
        lacks=("logout", "back-channel logout"),
    ),
    ApacheClient(
        "mod_auth_openidc, in Apache",
        "libapache2-mod-auth-openidc",
        "apache.conf",
        front="/front",
        logged_out="/front",
        userinfo="/callback?info=json",
        backchannel="/callback?logout=backchannel",
    ),
    AgentClient("oidc-agent", "oidc-agent-cli", lacks=("logout", "back-channel logout", "changed signature")),
    ProgramClient("openidconnect, in Rust", "openidconnect", HERE / "openidconnect", lacks=("back-channel logout",)),
]
