"""Signing in with an organisation's account, by OpenID Connect: authorization code with PKCE, state and nonce.

The provider is the one that settings name. Its word is taken for an e-mail address only when it says that the address
is verified. https://openid.net/specs/openid-connect-core-1_0.html
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from authlib.oidc.core import CodeIDToken
from flask import Blueprint, Flask, abort, current_app, render_template, request, url_for
from joserfc.errors import JoseError
from werkzeug.wrappers import Response as AnyResponse

from service.settings import Settings
from service.store import audit, people
from service.store.people_models import Role
from service.web.parts import parts
from service.web.rights import Open, needs
from service.web.sign_in import count_address, enter

EXTENSION = "deskmark-oidc"
SECONDS = 10
LEEWAY = 60
"""Seconds that the provider's clock may be off."""
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""How an ID token may be signed: with a key of the provider's own, so never with none and never with our secret."""

blueprint = Blueprint("oidc", __name__, url_prefix="/sign-in/oidc")
log = structlog.get_logger(__name__)

Answer = AnyResponse | tuple[str, int]


class NotUsable(ValueError):
    """The provider says something that cannot be used; the message says what."""


def install(app: Flask, settings: Settings) -> None:
    """Make the provider known to the application, where one is set. Nothing is fetched before the first sign-in."""
    if not settings.oidc_issuer or settings.oidc_client_secret is None:
        return
    logging.getLogger("authlib").setLevel(logging.INFO)  # Its debug lines hold verifiers.
    client = OAuth(app).register(
        "oidc",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "default_timeout": SECONDS},
    )
    app.extensions[EXTENSION] = client


@blueprint.get("")
@needs(Open.TO_ALL)
def begin() -> Answer:
    """Go to the provider."""
    count_address()
    try:
        return cast(AnyResponse, _client().authorize_redirect(_back()))
    except FAILURES as error:
        return _failed(error)


@blueprint.get("/back")
@needs(Open.TO_ALL)
def back() -> Answer:
    """Come back from the provider: signed in, or told why not."""
    count_address()
    try:
        claims = _claims()
        subject, email = _said(claims)
    except FAILURES as error:
        return _failed(error)
    p = parts()
    role = Role(p.settings.oidc_new_role) if p.settings.oidc_new_role else None
    with p.database.begin() as db:
        try:
            row = people.arrived(
                db, subject=subject, email=email, name=str(claims.get("name") or ""), role=role, now=p.now()
            )
        except people.NotAccepted as error:
            audit.record(
                db, actor="somebody", action="sign in refused", target=email, now=p.now(), details={"by": "oidc"}
            )
            return render_template("sign_in_failed.html", why=f"{error}."), 403
        return enter(db, row, "oidc")


def _client() -> Any:
    """The provider, its metadata checked. Raises `NotUsable`."""
    client = current_app.extensions.get(EXTENSION) or abort(404)
    metadata, wanted = client.load_server_metadata(), parts().settings.oidc_issuer
    if str(metadata.get("issuer", "")).rstrip("/") != wanted:  # Discovery, section 4.3.
        raise NotUsable("another issuer than DESKMARK_OIDC_ISSUER")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in SIGNED_BY]
    return client


def _claims() -> Mapping[str, Any]:
    client = _client()
    issuer = client.server_metadata["issuer"]
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client.client_id},
        "nonce": {"essential": True},
    }
    token = client.authorize_access_token(claims_options=options, claims_cls=CodeIDToken, leeway=LEEWAY)
    claims = token.get("userinfo")
    if not claims:
        raise NotUsable("no ID token")
    return cast("Mapping[str, Any]", claims)


def _said(claims: Mapping[str, Any]) -> tuple[str, str]:
    """Who it is by the provider's own name and by e-mail address. Raises `NotUsable`."""
    if claims.get("email_verified") is not True:
        raise NotUsable("an e-mail address that is not verified")
    try:
        email = people.address(str(claims.get("email", "")))
    except people.NotAccepted as error:
        raise NotUsable("no e-mail address") from error
    domains = {domain.strip().casefold() for domain in parts().settings.oidc_domains.split(",") if domain.strip()}
    if domains and email.rpartition("@")[2] not in domains:
        raise NotUsable("an e-mail address of another domain")
    return f"{claims['iss']} {claims['sub']}", email


FAILURES = (AuthlibBaseError, JoseError, requests.RequestException, NotUsable, RuntimeError, KeyError)
"""What can be wrong on the way: the provider does not answer, refuses, or says what does not hold."""


def _failed(error: Exception) -> Answer:
    """Said in the log by kind only: descriptions come from elsewhere and may hold anything."""
    why = str(error) if isinstance(error, NotUsable) else type(error).__name__
    log.warning("sign-in by OpenID Connect failed", why=why)
    if isinstance(error, NotUsable):
        return render_template("sign_in_failed.html", why=f"Your organisation's sign-in tells of {why}."), 403
    return render_template("sign_in_failed.html", why="Your organisation's sign-in did not confirm who you are."), 403


def _back() -> str:
    base = parts().settings.public_url or request.host_url.rstrip("/")
    return f"{base}{url_for('oidc.back')}"
