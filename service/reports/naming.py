"""How a value of a dimension is called wherever it is shown: by its name, told apart where two have the same.

The one place that decides it, for pages, charts, tables, exports, mails and the command line. What stands in addresses
and what is counted stays the value itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sqlalchemy.orm import Session

from service.conversation import Conversation, EventKind, Role
from service.store.dimension_names import TEAM, Known, Value, is_id, known

CALLED_LIKE = MappingProxyType({"inbox": "group"})
"""Dimensions that have the values of another one."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Names of values of dimensions. A value without one is shown as it is."""

    words: Mapping[Value, str] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, dimension: str, value: str) -> str:
        """How this value is called."""
        return self.words.get((CALLED_LIKE.get(dimension, dimension), value), value)

    def name(self, dimension: str, value: str | None) -> str | None:
        """Its name; `None` where it has none but itself, and for no value."""
        return None if value is None else self.words.get((CALLED_LIKE.get(dimension, dimension), value))

    def conversation(self, read: Conversation) -> Conversation:
        """The conversation to look at: teams by their names, in messages, events and as its inbox."""

        def team(value: str | None) -> str | None:
            return value and self.of("group", value)

        return replace(
            read,
            inbox=team(read.inbox),
            messages=tuple(
                replace(m, author=replace(m.author, group=team(m.author.group))) if m.author.group else m
                for m in read.messages
            ),
            events=tuple(
                e if e.kind == EventKind.CHANNEL_CHANGED else replace(e, origin=team(e.origin), target=team(e.target))
                for e in read.events
            ),
        )

    def about(self, read: Conversation) -> Iterator[tuple[str, str]]:
        """Brand, bot and team of a conversation in words, as far as it has them."""
        bot = next((m.author.id for m in read.by(Role.BOT) if m.author.id), None)
        team = next((m.author.group for m in read.by(Role.AGENT) if m.author.group), read.inbox)
        for dimension, title, value in (("brand", "Brand", read.brand), ("bot", "Bot", bot), ("group", "Team", team)):
            if value:
                yield title, self.of(dimension, value)


NO_LABELS = Labels()


def account(name: str, helpdesk: str) -> str:
    """How an installation is called.

    >>> account("acme", "zendesk")
    'acme (Zendesk)'
    """
    return f"{name} ({helpdesk.title()})"


def labels(session: Session, installation_ids: Collection[str] | None) -> Labels:
    """What is known on these installations (`None`: all). Nothing is told of any other."""
    return Labels(MappingProxyType(_told_apart(known(session, installation_ids))))


def _told_apart(names: Iterable[Known]) -> dict[Value, str]:
    found: dict[Value, list[Known]] = {}
    for each in names:
        found.setdefault((each.dimension, each.value), []).append(each)
    plain = {value: _where(known) if len({_shown(each) for each in known}) > 1 else _shown(known[0])
             for value, known in found.items()}  # fmt: skip
    named = {value: _where(found[value]) if again else word for value, word, again in _repeated(plain)}
    return {value: f"{word} [{value[1]}]" if again else word for value, word, again in _repeated(named)}


def _shown(known: Known) -> str:
    """A team's former name is a value of its own, as conversations were read with it."""
    former = known.dimension == TEAM and not is_id(known.value)
    return f"{known.name} (formerly {known.value})" if former else known.name


def _repeated(words: Mapping[Value, str]) -> Iterator[tuple[Value, str, bool]]:
    """Values with their words, and whether another value of the dimension is called the same."""
    count = Counter((dimension, word) for (dimension, _), word in words.items())
    return ((value, word, count[value[0], word] > 1) for value, word in words.items())


def _where(names: Iterable[Known]) -> str:
    """Each name with the account it is used on."""
    return " / ".join(f"{_shown(each)} · {account(each.account, each.helpdesk)}" for each in names)
