"""Intercom as a connector: what the rest of Deskmark plugs in. Holds no workspace's secrets, only what it has read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from connectors.addresses import Hosts, one_of
from connectors.base import Delivery, Installation
from connectors.http import Http
from connectors.intercom import webhook
from connectors.intercom.client import IntercomClient
from connectors.intercom.history import IntercomHistory
from connectors.intercom.regions import REGIONS
from connectors.intercom.workspace import Known
from connectors.limiter import Share


class IntercomConnector:
    """Implements `connectors.base.Connector`. One per process, so that what is known of a workspace is kept."""

    name = "intercom"
    hosts: Hosts = one_of(*REGIONS.values())

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Known] = {}

    def verify(self, installation: Installation, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """Raise `InvalidSignature` unless Intercom signed `body` with the installation's client secret.

        Intercom signs no time, so `now` decides nothing; a replay is a duplicate of its delivery key.
        """
        del now
        webhook.verify(installation, headers, body)

    def delivery(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What a verified notification says. Everything is in the body."""
        del headers
        return webhook.delivery(body)

    def client(self, installation: Installation, http: Http) -> IntercomClient:
        """A client for one installation."""
        known = self._known.setdefault((installation.id, http.base_url), Known())
        return IntercomClient(installation, http, known)

    def history(self, installation: Installation, http: Http, share: Share) -> IntercomHistory:
        """The past of one installation, read with `share` of its limits, which `http` was made with."""
        return IntercomHistory(self.client(installation, http), http, share)
