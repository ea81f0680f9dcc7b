"""Checks an Intercom installation and says in plain words what an admin still has to do. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from connectors.base import Signal
from connectors.errors import ConnectorError
from connectors.intercom.payloads import DataAttribute, Me, Person
from connectors.intercom.regions import REGIONS
from connectors.intercom.transport import VERSION
from connectors.intercom.webhook import TOPICS
from service.writeback import OUTCOMES

# What each of our attributes may be: "dm_outcome" is best a list, but plain text does; a list is a string with options.
ATTRIBUTES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "dm_resolution": frozenset({"integer"}),
        "dm_effort": frozenset({"integer"}),
        "dm_outcome": frozenset({"list", "string"}),
        "dm_definitions": frozenset({"string"}),
        "dm_scored_at": frozenset({"string"}),
    }
)

PERMISSIONS = (
    "Read conversations",
    "Write conversations",
    "Read one user and one company",
    "Read and list users and companies",
    "Read tags",
    "Write tags",
    "Read admins",
)
"""What the app's token may do: the smallest set with which everything here works."""

SUBSCRIPTIONS = tuple(topic for topic, signal in TOPICS.items() if signal not in (Signal.PING, Signal.IGNORED))
"""Webhook topics to subscribe to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is as it should be, and what to know or do."""

    ok: bool
    text: str


class Workplace(Protocol):
    """What `check` asks of a client; `IntercomClient` has it."""

    base_url: str

    def me(self) -> Me:
        """The teammate and workspace behind the token."""
        ...

    def admins(self) -> list[Person]:
        """All teammates."""
        ...

    def attributes(self) -> Mapping[str, DataAttribute]:
        """The workspace's conversation attributes by name."""
        ...


def check(client: Workplace, *, public_url: str) -> tuple[Finding, ...]:
    """Everything that can be seen of an installation, in the order in which an admin would mend it."""
    try:
        me = client.me()
    except ConnectorError as error:
        return (Finding(False, f"Intercom does not let Deskmark in: {error}"),)
    return (
        _identity(me),
        _region(me, client.base_url),
        _address(public_url),
        *_attributes(client),
        *_bots(client),
        _verification(me),
        Finding(True, f"Set the app's API version to {VERSION} and subscribe to: {', '.join(SUBSCRIPTIONS)}"),
    )


def _identity(me: Me) -> Finding:
    if me.id is None:
        return Finding(False, "The token belongs to no teammate: set the option admin_id to the id of one")
    name = me.name or me.id
    return Finding(True, f"Notes and tags will be signed by {name} ({me.id}) of workspace {me.app.id_code}")


def _region(me: Me, base_url: str) -> Finding:
    expected = REGIONS.get(me.app.region)
    if expected is None or expected == base_url or base_url not in REGIONS.values():
        return Finding(True, f"The API address is {base_url}")
    return Finding(False, f"The workspace is hosted in {me.app.region}: change the API address to {expected}")


def _address(public_url: str) -> Finding:
    if public_url.startswith("https://"):
        return Finding(True, f"Intercom will call {public_url}")
    return Finding(False, "Intercom calls HTTPS addresses only: set PUBLIC_URL to the https:// address of Deskmark")


def _attributes(client: Workplace) -> list[Finding]:
    try:
        there = client.attributes()
    except ConnectorError as error:
        return [Finding(False, f"The conversation attributes cannot be read: {error}")]
    return [_attribute(name, types, there.get(name)) for name, types in ATTRIBUTES.items()]


def _attribute(name: str, types: frozenset[str], there: DataAttribute | None) -> Finding:
    wanted = " or ".join(sorted(types))
    if there is None:
        return Finding(False, f"Create the conversation attribute {name} ({wanted}); until then it is not written")
    if there.data_type not in types:
        return Finding(False, f"The conversation attribute {name} is {there.data_type}; make it {wanted}")
    missing = [outcome for outcome in OUTCOMES if there.options and outcome not in there.options]
    if name == "dm_outcome" and missing:
        return Finding(False, f"The list {name} lacks the options {', '.join(missing)}")
    return Finding(True, f"The conversation attribute {name} is there")


def _bots(client: Workplace) -> list[Finding]:
    """Teammates without a seat are often bots that some other app posts as."""
    try:
        seatless = [admin for admin in client.admins() if not admin.has_inbox_seat]
    except ConnectorError as error:
        return [Finding(False, f"The teammates cannot be read: {error}")]
    named = ", ".join(f"{admin.name} ({admin.id})" for admin in seatless)
    if not named:
        return []
    return [Finding(True, f"Teammates without an inbox seat; put those that are bots into bot_author_ids: {named}")]


def _verification(me: Me) -> Finding:
    if me.app.identity_verification:
        return Finding(True, "Identity verification is on: users' e-mail addresses count as verified")
    return Finding(
        True,
        "Identity verification is off: customers are recognised by their contact only, not by e-mail across helpdesks",
    )
