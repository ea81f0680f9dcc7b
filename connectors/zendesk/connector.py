"""Zendesk as a connector: what the rest of Deskmark plugs in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from connectors.addresses import Hosts, below
from connectors.base import Delivery, Installation
from connectors.http import Http
from connectors.limiter import Share
from connectors.zendesk import webhook
from connectors.zendesk.client import Known, ZendeskClient
from connectors.zendesk.history import ZendeskHistory


class ZendeskConnector:
    """Implements `connectors.base.Connector`. One per process, so that what is known of an account is kept."""

    name = "zendesk"
    hosts: Hosts = below("zendesk.com")

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Known] = {}

    def verify(self, installation: Installation, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """Raise `InvalidSignature` unless Zendesk signed `body` with the webhook's secret, not long ago."""
        webhook.verify(installation, headers, body, now=now)

    def delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What a verified webhook says, in either connection mode."""
        return webhook.delivery(headers, body)

    def client(self, installation: Installation, http: Http) -> ZendeskClient:
        """A client for one installation; it authenticates `http.session` by itself."""
        known = self._known.setdefault((installation.id, http.base_url), Known())
        return ZendeskClient(installation, http, known)

    def history(self, installation: Installation, http: Http, share: Share) -> ZendeskHistory:
        """The past of one installation, read with `share` of its limits, which `http` was made with."""
        known = self._known.setdefault((installation.id, http.base_url), Known())
        return ZendeskHistory(ZendeskClient(installation, http, known), http, share, known)
