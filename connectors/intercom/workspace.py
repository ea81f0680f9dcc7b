"""What rarely changes in an Intercom workspace: our teammate, tag ids, conversation attributes. Read once, then kept.

One `Known` per installation lives as long as the process; losing it costs a request, keeping it too long is bounded
by `LIFETIME` and by forgetting whatever Intercom says is gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from connectors.errors import Rejected
from connectors.http import ApiRequest, ApiResponse
from connectors.intercom import actions
from connectors.intercom.payloads import DataAttribute, Me, Tag, rows

LIFETIME = 600.0
"""Seconds that something read of a workspace is believed."""

T = TypeVar("T")
Send = Callable[[ApiRequest], ApiResponse]


@dataclass(slots=True)
class Known:
    """What was read of one workspace, each with the moment it was read (in `time.monotonic` seconds)."""

    me: tuple[float, Me] | None = None
    tags: tuple[float, Mapping[str, str]] | None = None
    attributes: tuple[float, Mapping[str, DataAttribute]] | None = None
    teams: tuple[float, Mapping[str, str]] | None = None


class Workspace:
    """Reads of a workspace through `send`, remembered in `known`."""

    def __init__(self, send: Send, known: Known, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._send = send
        self._known = known
        self._clock = clock

    def me(self) -> Me:
        """The teammate that writes for us, and the workspace."""
        kept = self._fresh(self._known.me)
        if kept is None:
            kept = Me.model_validate(self._send(actions.me()).body)
            self._known.me = (self._clock(), kept)
        return kept

    def attributes(self) -> Mapping[str, DataAttribute]:
        """The conversation attributes of the workspace by name."""
        kept = self._fresh(self._known.attributes)
        if kept is None:
            found = rows(self._send(actions.conversation_attributes()).body, "data", DataAttribute)
            kept = {row.name: row for row in found if row.name and not row.archived}
            self._known.attributes = (self._clock(), kept)
        return kept

    def teams(self) -> Mapping[str, str]:
        """Team names by id; empty when the token may not read them, and ids then stand for names."""
        kept = self._fresh(self._known.teams)
        if kept is None:
            try:
                kept = self.teams_now()
            except Rejected:
                kept = {}
                self._known.teams = (self._clock(), kept)
        return kept

    def teams_now(self) -> Mapping[str, str]:
        """The same, asked anew whatever is remembered. Raises `Rejected` when the token may not read them."""
        found = rows(self._send(actions.teams()).body, "teams", Tag)
        kept = {team.id: team.name for team in found if team.name and team.id}
        self._known.teams = (self._clock(), kept)
        return kept

    def tags(self, *, needed: frozenset[str] = frozenset()) -> Mapping[str, str]:
        """Tag ids by name; read again when one of the ids in `needed` is not among them."""
        kept = self._fresh(self._known.tags)
        if kept is None or not needed <= set(kept.values()):
            kept = _tag_ids(self._send(actions.tags()).body)
            self._known.tags = (self._clock(), kept)
        return kept

    def tag_id(self, name: str) -> str | None:
        """The id of a tag, created in the workspace when it is not there; `None` when Intercom names none."""
        known = self.tags()
        if name not in known:
            made = _tag_ids({"data": [self._send(actions.create_tag(name)).body]})
            known = {**known, **made}
            self._known.tags = (self._clock(), known)
        return known.get(name)

    def forget_tags(self) -> None:
        """Intercom does not know a tag that we remembered."""
        self._known.tags = None

    def _fresh(self, kept: tuple[float, T] | None) -> T | None:
        return kept[1] if kept is not None and self._clock() - kept[0] < LIFETIME else None


def _tag_ids(body: object) -> dict[str, str]:
    return {tag.name: tag.id for tag in rows(body, "data", Tag) if tag.name and tag.id}
