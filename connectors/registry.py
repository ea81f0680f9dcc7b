"""The helpdesks Deskmark can be plugged into: one line each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from connectors.base import Connector


@cache
def connectors() -> Mapping[str, Connector]:
    """All connectors by name. Imported when first asked for, so that nobody loads a helpdesk by accident."""
    from connectors.intercom import IntercomConnector  # noqa: PLC0415
    from connectors.zendesk import ZendeskConnector  # noqa: PLC0415

    known: tuple[Connector, ...] = (ZendeskConnector(), IntercomConnector())
    return MappingProxyType({connector.name: connector for connector in known})
