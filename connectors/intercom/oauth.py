"""Intercom's OAuth: where an admin lets an app in, and the token that comes of it. authlib speaks the protocol.

An app asks for the permissions that are ticked in the Developer Hub, so no scope is sent; access tokens do not end and
come without a refresh token. https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from connectors.errors import CredentialsRefused, RetryLater
from connectors.intercom.regions import REGIONS
from connectors.tokens import Secrets

TIMEOUT = 20.0

APPS: Mapping[str, str] = MappingProxyType(
    {
        REGIONS["US"]: "https://app.intercom.com",
        REGIONS["EU"]: "https://app.eu.intercom.com",
        REGIONS["AU"]: "https://app.au.intercom.com",
    }
)
"""Where people sign in, by the API's address of the region."""


def authorization_url(base_url: str, *, client_id: str, redirect_uri: str, state: str) -> str:
    """Where to send an admin who is to let Deskmark in; `state` comes back."""
    session = OAuth2Session(client_id=client_id, redirect_uri=redirect_uri)
    url, _ = session.create_authorization_url(f"{APPS.get(base_url, base_url)}/oauth", state=state)
    return str(url)


def exchanged(base_url: str, client: tuple[str, str], *, code: str) -> Secrets:
    """The token for a code that came back. Raises `CredentialsRefused` and `RetryLater`."""
    session = OAuth2Session(
        client_id=client[0],
        client_secret=client[1],
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
        default_timeout=TIMEOUT,
    )
    url = f"{base_url}/auth/eagle/token"
    try:
        answer = session.fetch_token(url, grant_type="authorization_code", code=code, allow_redirects=False)
    except OAuthError as error:
        raise CredentialsRefused(f"Intercom refused the sign-in ({error.error})") from error
    except requests.RequestException as error:
        raise RetryLater(f"POST /auth/eagle/token: {type(error).__name__}") from error
    except ValueError as error:
        raise RetryLater("Intercom answered the sign-in with something that is not JSON") from error
    token = answer.get("access_token") or answer.get("token")
    if not token:
        raise CredentialsRefused("Intercom refused the sign-in: it gave no access token")
    return {"access_token": str(token)}
