"""The words that lists show beside a conversation's number, for those who may read; each look is audited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from service.reports.first_words import Place, first_words
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, may
from service.web.vocabulary import verdict

UNNAMED = frozenset({"novel", "unclear"})
"""What is said of an intent that has no name."""


def opening_words(page: str, listed: Mapping[Place, str]) -> Mapping[Place, str]:
    """How the conversations that a page lists begin, by id and episode; `listed` names the installation of each.

    Nothing for whoever may not read transcripts. `page` is what the audit log says was looked at.
    """
    if not listed or not may(Right.READ):
        return {}
    p = parts()
    with p.database.begin() as session:
        found = first_words(session, listed, p.names)
        for installation_id, many in sorted(Counter(listed[place] for place in found).items()):
            audited(session, "look at texts", page, installation_id, conversations=str(many))
    return found


def topic(card: Mapping[str, Any] | None) -> str:
    """What a conversation is about where its words are not shown: the name of its intent, empty without one."""
    said = (card or {}).get("scores", {}).get("intent", {}).get("verdict")
    return "" if said is None or said in UNNAMED else verdict("intent", said).label
