"""Which verdicts of a conversation are said first: what became of it, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence

from service.web.transcript import Judged
from service.web.vocabulary import Tone

MOST = 3
OUTCOME, HANDOFF = "containment", "escalation"
GRAVEST = (Tone.BAD, Tone.WARN)


def leading(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """The outcome, whether a handoff was right, then what is bad and what is to be minded; `MOST` at most."""
    tones = {each.name: each.verdict.tone for each in judged if each.verdict is not None}
    first = [OUTCOME] if OUTCOME in tones else []
    if tones.get(HANDOFF) in (*GRAVEST, Tone.INFO):
        first.append(HANDOFF)
    wrong = [name for tone in GRAVEST for name in tones if tones[name] is tone and name not in first]
    by_name = {each.name: each for each in judged}
    return tuple(by_name[name] for name in [*first, *wrong][:MOST])
