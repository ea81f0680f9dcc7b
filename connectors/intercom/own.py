"""What is Deskmark's in an Intercom workspace, and what its app needs: attributes, permissions, webhook topics."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from connectors.base import Signal
from connectors.intercom.webhook import TOPICS

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
