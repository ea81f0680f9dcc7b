"""Where tests may send requests."""

from __future__ import annotations

from dataclasses import replace

from connectors.addresses import Hosts
from connectors.base import Connector


def near(connector: Connector) -> Hosts:
    """The connector's own hosts and this machine, for sandboxes."""
    return replace(connector.hosts, local=True)
