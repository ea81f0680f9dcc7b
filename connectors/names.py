"""What a helpdesk calls its brands, teams and bots. Names of people are not asked for: no figure is one person's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from connectors.errors import NotFound, Rejected

log = logging.getLogger(__name__)


class Kind(StrEnum):
    """What has a name, called as the dimension of figures that its ids are values of."""

    BRAND = "brand"
    GROUP = "group"
    BOT = "bot"


Names = Mapping[Kind, Mapping[str, str]]
"""Names by id, for each kind that could be asked."""

Needs = Mapping[Kind, str]
"""What has to be allowed so that a helpdesk tells the names of a kind, for each kind that it can name."""

PLURALS: Mapping[Kind, str] = MappingProxyType({Kind.BRAND: "brands", Kind.GROUP: "teams", Kind.BOT: "bots"})


def not_told(told: Names, needs: Needs) -> tuple[Kind, ...]:
    """Kinds that this helpdesk could name and did not: the token may not read them."""
    return tuple(kind for kind in needs if kind not in told)


def ids_instead(kinds: Iterable[Kind], needs: Needs) -> tuple[str, str]:
    """What it costs that names of these kinds may not be read, and what to do about it; two sentences.

    >>> ids_instead([Kind.BRAND], {Kind.BRAND: "Give the token the scope read."})
    ('The names of brands may not be read: their ids stand in their place.', 'Give the token the scope read.')
    """
    missing = tuple(kinds)
    words = " and ".join(PLURALS[kind] for kind in missing)
    return f"The names of {words} may not be read: their ids stand in their place.", " ".join(
        dict.fromkeys(needs[kind] for kind in missing)
    )


def allowed(asks: Mapping[Kind, Callable[[], Mapping[str, str]]], installation_id: str) -> Names:
    """What was told. A kind that the token may not read, or that the helpdesk does not know, is left out."""
    found: dict[Kind, Mapping[str, str]] = {}
    for kind, ask in asks.items():
        try:
            found[kind] = ask()
        except (Rejected, NotFound) as error:
            log.info("%s: names of its %ss may not be read: %s", installation_id, kind.value, error)
    return found
