"""Uses the clients that openapi-python-client has generated from both descriptions: register, log in, dashboard, /me."""

import compileall
import os
import sys

import auth_service_client
import resource_service_client
from auth_service_client.api.login import login, logout, register
from auth_service_client.api.own_account import me
from auth_service_client.models import Login, Registration, Tokens, User
from resource_service_client.api.tutorial import dashboard
from resource_service_client.models import Dashboard, Error


def authenticated(package, url, token):
    return package.AuthenticatedClient(base_url=url, token=token)


def main():
    for package in (auth_service_client, resource_service_client):
        assert compileall.compile_dir(package.__path__[0], quiet=1), package
    issuer, replica = os.environ["ISSUER"], os.environ["REPLICA"]
    anonymous = auth_service_client.Client(base_url=issuer)
    name, password = "generated", "a fine long pass"
    registered = register.sync_detailed(client=anonymous, body=Registration(username=name, password=password))
    assert registered.status_code == 201, registered
    tokens = login.sync(client=anonymous, body=Login(username=name, password=password))
    assert isinstance(tokens, Tokens) and tokens.token_type == "Bearer", tokens

    page = dashboard.sync(client=authenticated(resource_service_client, replica, tokens.access_token))
    assert isinstance(page, Dashboard) and page.username == name, page
    user = me.sync(client=authenticated(auth_service_client, issuer, tokens.access_token))
    assert isinstance(user, User) and (user.username, user.role) == (name, "user"), user

    refused = dashboard.sync(client=authenticated(resource_service_client, replica, "no.good.token"))
    assert isinstance(refused, Error) and refused.error == "invalid_token", refused
    logout.sync(client=authenticated(auth_service_client, issuer, tokens.access_token))
    print("ok")


sys.exit(main())
