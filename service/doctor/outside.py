"""What others have to reach: our own address from outside, and the sign-in provider from here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime

import requests

from service.doctor.findings import Finding, fail, ok, warn
from service.doctor.stores import clock
from service.settings import Settings

SECONDS = 5.0


def public_address(settings: Settings) -> Iterator[Finding]:
    """Whether PUBLIC_URL leads to a Deskmark, over https. Asked from this machine, which may see less than others."""
    url = settings.public_url
    if not url:
        give = "Set PUBLIC_URL to the https address under which helpdesks reach this service."
        whose = "helpdesks but stand-ins on this machine" if settings.local_helpdesks else "helpdesks"
        yield warn("address", f"PUBLIC_URL is not set: {whose} cannot call, and notes carry no link.", give)
        return
    if not url.startswith("https://"):
        yield fail("address", f"{url} is not https: helpdesks refuse it.", "Put a proxy with a certificate in front.")
    try:
        answer = requests.get(f"{url}/healthz", timeout=SECONDS, allow_redirects=False)
    except requests.exceptions.SSLError:
        yield fail("address", f"{url} has no valid certificate.", "Renew the certificate of the proxy in front.")
        return
    except requests.RequestException as error:
        reach = "Start the web process and the proxy, and see that the name leads here. (Asked from this machine.)"
        yield fail("address", f"{url} does not answer ({type(error).__name__}).", reach)
        return
    if answer.status_code != requests.codes.ok or "alive" not in answer.text:
        lead = "Correct PUBLIC_URL, or the proxy, which must pass all paths on unchanged."
        yield fail("address", f"{url}/healthz answers {answer.status_code}, not as Deskmark does.", lead)
        return
    yield ok("address", f"{url} leads to a Deskmark.")
    yield from _their_clock(answer.headers.get("Date", ""))


def _their_clock(header: str) -> Iterator[Finding]:
    try:
        yield clock("PUBLIC_URL", parsedate_to_datetime(header).astimezone(UTC))
    except ValueError:
        return


def provider(settings: Settings) -> Iterator[Finding]:
    """Whether the OpenID Connect provider answers with its configuration."""
    if not settings.oidc_issuer:
        yield ok("sign-in", "By password; no OpenID Connect provider is set.")
        return
    address = f"{settings.oidc_issuer}/.well-known/openid-configuration"
    try:
        known = requests.get(address, timeout=SECONDS).json()
    except (requests.RequestException, ValueError) as error:
        correct = "Correct DESKMARK_OIDC_ISSUER, and let this machine reach it; meanwhile people sign in by password."
        yield fail("sign-in", f"{address} cannot be read ({type(error).__name__}).", correct)
        return
    issuer = str(known.get("issuer", "")).rstrip("/") if isinstance(known, dict) else ""
    if issuer != settings.oidc_issuer:
        yield fail("sign-in", f"The provider calls itself {issuer!r}.", "Set DESKMARK_OIDC_ISSUER to exactly that.")
    else:
        yield ok("sign-in", f"{settings.oidc_issuer} answers.")
