"""Handing a message to a mail server or a chat: what was certainly refused can be tried again, what is unsure cannot.

Nothing of an address, a token or a message is in an error's text.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from connectors.addresses import ForbiddenAddress
from connectors.chat_addresses import checked
from service.settings import Settings

SMTP_SECONDS = 20.0
CHAT_SECONDS = (3.05, 15.0)
LOCAL = ("127.0.0.1", "localhost", "::1")


class NotTaken(Exception):
    """The message was certainly not taken; trying again later may help. The text says why."""


class Refused(NotTaken):
    """It will not be taken however often it is tried."""


class Unsure(Exception):
    """The connection was lost when the message may have been taken already."""


def send_mail(settings: Settings, message: EmailMessage) -> None:
    """Hand a message to the mail server, encrypted. Raises `NotTaken`, `Refused` or `Unsure`.

    Without TLS only to a server on this machine: the password and the figures are nobody else's.
    """
    if settings.smtp_url is None or not settings.mail_from:
        raise Refused("no mail server is set: DESKMARK_SMTP_URL and DESKMARK_MAIL_FROM")
    try:
        server = _connected(settings.smtp_url.get_secret_value())
    except smtplib.SMTPAuthenticationError as error:
        raise NotTaken(f"the mail server refuses user or password ({error.smtp_code})") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(f"the mail server cannot be reached: {type(error).__name__}") from None
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        raise (NotTaken if code < 500 else Refused)(f"the mail server refuses the recipient ({code})") from None
    except smtplib.SMTPResponseException as error:
        kind = NotTaken if error.smtp_code < 500 else Refused
        raise kind(f"the mail server refuses the message ({error.smtp_code})") from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unsure(f"the connection to the mail server was lost: {type(error).__name__}") from None
    finally:
        server.close()


def _connected(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, context = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SMTP_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=SMTP_SECONDS)
    try:
        server.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and (server.has_extn("starttls") or host not in LOCAL):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


def post(settings: Settings, address: str, content: Mapping[str, Any]) -> None:
    """Post a message to a chat's webhook. Raises `NotTaken`, `Refused` or `Unsure`; no redirect is followed."""
    try:
        url = checked(address, hosts=settings.chat_hosts, local=settings.local_helpdesks)
    except ForbiddenAddress as error:
        raise Refused(f"the webhook's address {error}") from None
    try:
        response = requests.post(url, json=content, timeout=CHAT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        if isinstance(error, requests.exceptions.SSLError) or _never_connected(error):
            raise NotTaken(f"the chat cannot be reached: {type(error).__name__}") from None
        raise Unsure(f"the chat did not answer: {type(error).__name__}") from None
    if response.status_code == 429 or response.status_code >= 500:
        raise NotTaken(f"the chat answered HTTP {response.status_code}")
    if not 200 <= response.status_code < 300:
        raise Refused(f"the chat refuses the message: HTTP {response.status_code}")


def _never_connected(error: requests.RequestException) -> bool:
    """Whether nothing of the request can have arrived."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))
