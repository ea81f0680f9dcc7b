"""What a helpdesk calls its brands, teams and bots. Names of people are not asked for: no figure is one person's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from enum import StrEnum

from connectors.errors import NotFound, Rejected

log = logging.getLogger(__name__)


class Kind(StrEnum):
    """What has a name, called as the dimension of figures that its ids are values of."""

    BRAND = "brand"
    GROUP = "group"
    BOT = "bot"


Names = Mapping[Kind, Mapping[str, str]]
"""Names by id, for each kind that could be asked."""


def allowed(asks: Mapping[Kind, Callable[[], Mapping[str, str]]], installation_id: str) -> Names:
    """What was told. A kind that the token may not read, or that the helpdesk does not know, is left out."""
    found: dict[Kind, Mapping[str, str]] = {}
    for kind, ask in asks.items():
        try:
            found[kind] = ask()
        except (Rejected, NotFound) as error:
            log.info("%s: names of its %ss may not be read: %s", installation_id, kind.value, error)
    return found
