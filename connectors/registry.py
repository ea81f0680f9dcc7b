"""The helpdesks Deskmark can be plugged into: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from connectors.base import Client, Connector
from connectors.exported import Export, Terms
from connectors.many import Remover, Writer
from connectors.names import Needs
from connectors.self_test import MakeSelfTest
from connectors.shelf import Shelf


@cache
def connectors() -> Mapping[str, Connector]:
    """All connectors by name. Imported when first asked for, so that nobody loads a helpdesk by accident."""
    from connectors.intercom import IntercomConnector  # noqa: PLC0415
    from connectors.zendesk import ZendeskConnector  # noqa: PLC0415

    known: tuple[Connector, ...] = (ZendeskConnector(), IntercomConnector())
    return MappingProxyType({connector.name: connector for connector in known})


@dataclass(frozen=True, slots=True)
class ExportReader:
    """How a helpdesk's own export is read: the long lists of its documents, and what takes the records."""

    lists: frozenset[str]
    begin: Callable[[Shelf, Terms], Export]


@cache
def export_readers() -> Mapping[str, ExportReader]:
    """Readers of helpdesks' own exports by the helpdesk's name."""
    from connectors.intercom import exported as intercom  # noqa: PLC0415
    from connectors.zendesk import exported as zendesk  # noqa: PLC0415

    return MappingProxyType(
        {
            "zendesk": ExportReader(zendesk.STREAMED, zendesk.ZendeskExport),
            "intercom": ExportReader(intercom.STREAMED, intercom.IntercomExport),
        }
    )


@dataclass(frozen=True, slots=True)
class SelfTestKind:
    """How a helpdesk's installations test themselves.

    `refused`: what to do when webhooks' signatures do not fit. `names`: what has to be allowed to read names.
    """

    make: MakeSelfTest
    refused: str
    names: Needs


@cache
def self_tests() -> Mapping[str, SelfTestKind]:
    """Self-tests by the helpdesk's name."""
    from connectors.intercom import self_test as intercom  # noqa: PLC0415
    from connectors.zendesk import self_test as zendesk  # noqa: PLC0415

    return MappingProxyType(
        {
            "zendesk": SelfTestKind(zendesk.self_test, zendesk.SIGNATURE_REFUSED, zendesk.NAMES),
            "intercom": SelfTestKind(intercom.self_test, intercom.SIGNATURE_REFUSED, intercom.NAMES),
        }
    )


def bulk_kinds() -> frozenset[str]:
    """Helpdesks for which `writer` has something."""
    return frozenset({"zendesk"})


def writer(client: Client) -> Writer | None:
    """What writes many plans at once through this client; `None` where a helpdesk takes one conversation at a time."""
    from connectors.zendesk.bulk import ZendeskWriter  # noqa: PLC0415
    from connectors.zendesk.client import ZendeskClient  # noqa: PLC0415

    return ZendeskWriter(client) if isinstance(client, ZendeskClient) else None


def remover(client: Client, prefix: str) -> Remover:
    """What takes everything of ours off the helpdesk of this client. Raises `KeyError` for one that we do not know."""
    from connectors.intercom.client import IntercomClient  # noqa: PLC0415
    from connectors.intercom.removal import IntercomRemover  # noqa: PLC0415
    from connectors.zendesk.client import ZendeskClient  # noqa: PLC0415
    from connectors.zendesk.removal import ZendeskRemover  # noqa: PLC0415

    if isinstance(client, ZendeskClient):
        return ZendeskRemover(client)
    if isinstance(client, IntercomClient):
        return IntercomRemover(client, prefix)
    raise KeyError(type(client).__name__)
