"""Which verdicts of a conversation are said first: what became of it, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from service.web.transcript import Judged
from service.web.vocabulary import Tone

MOST = 3
OUTCOME = "containment"


def leading(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """The outcome, then what is bad, then what is to be minded, in the pages' order; `MOST` at most."""
    known = [each for each in judged if each.verdict is not None]
    first = [each for each in known if each.name == OUTCOME]
    wrong = [
        each
        for tone in (Tone.BAD, Tone.WARN)
        for each in known
        if each.verdict is not None and each.verdict.tone is tone and each.name != OUTCOME
    ]
    return tuple([*first, *wrong][:MOST])
