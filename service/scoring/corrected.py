"""A scorecard with what people say of it: their verdict in the place of Deskmark's wherever they agree with each other.

What Deskmark said stays in the score's details. Pure: no database, no clock, no names of people.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from service.scoring.containment import LEVEL
from service.scoring.definitions import VERSIONS
from service.scoring.outcomes import Containment
from service.scoring.score import Score, Scorecard

Details = Mapping[str, object]

NOT_TO_JUDGE = frozenset({"satisfaction", "handoff_time"})
"""Scores that no person can know better: what the survey said, and what the clock said."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One reviewer's verdict on one score of an episode; `reviewer` is an opaque id."""

    score: str
    verdict: str
    reviewer: str


def corrected(card: Scorecard, opinions: Iterable[Opinion]) -> Scorecard:
    """`card` as it stands once people were heard: `opinions` are those on its episode.

    Where reviewers agree (all of them, or with three or more the larger half) their verdict stands with confidence 1,
    and `details.deskmark` keeps Deskmark's own verdict, value and confidence. Where they disagree Deskmark's stays, and
    `details.disputed` lists what was said. Scores that the card's definitions do not know are left alone.

    >>> card = Scorecard("zendesk", "acme", "1", 1, {"knowledge_gap": Score("gap", confidence=0.7)})
    >>> stands = corrected(card, [Opinion("knowledge_gap", "none", "r1")]).scores["knowledge_gap"]
    >>> stands.verdict, stands.confidence, stands.details["deskmark"]["verdict"]
    ('none', 1.0, 'gap')
    """
    by_score: dict[str, dict[str, str]] = {}
    for opinion in opinions:
        by_score.setdefault(opinion.score, {})[opinion.reviewer] = opinion.verdict
    defined = VERSIONS[card.definitions].scores if card.definitions in VERSIONS else frozenset(card.scores)
    heard = {
        name: _heard(name, card.scores[name], list(said.values()))
        for name, said in by_score.items()
        if name in card.scores and name in defined and name not in NOT_TO_JUDGE
    }
    return replace(card, scores=MappingProxyType({**card.scores, **heard})) if heard else card


def agreed(verdicts: Sequence[str]) -> str | None:
    """What the reviewers agree on; `None` when they do not, or there are none.

    >>> agreed(["gap", "gap"]), agreed(["gap", "none"]), agreed(["gap", "none", "gap"])
    ('gap', None, 'gap')
    """
    if not verdicts:
        return None
    ((most, times),) = Counter(verdicts).most_common(1)
    return most if 2 * times > len(verdicts) else None


def own_verdict(score: Score) -> str | None:
    """What Deskmark itself said, whoever was heard since."""
    own = score.details.get("deskmark")
    verdict = own.get("verdict") if isinstance(own, Mapping) else score.verdict
    return verdict if isinstance(verdict, str) else None


def can_be_said(score: str, own: str | None, verdict: str) -> bool:
    """Whether a person can give this verdict where Deskmark's `own` is another: whether a bot wrote is seen in the
    roles and is no matter of opinion.

    >>> can_be_said("containment", "human_only", "likely"), can_be_said("containment", "human_only", "human_only")
    (False, True)
    """
    if verdict == PENDING:
        return False
    return score != "containment" or (own == Containment.HUMAN_ONLY) == (verdict == Containment.HUMAN_ONLY)


PENDING = "pending"
"""That a window is still open is no verdict that a person could give."""


def is_disputed(score: Score) -> bool:
    """Whether reviewers disagree with each other about it."""
    return bool(score.details.get("disputed"))


def _heard(name: str, score: Score, verdicts: Sequence[str]) -> Score:
    said = agreed(verdicts)
    if said is None:
        return replace(score, details=MappingProxyType({**score.details, "disputed": sorted(set(verdicts))}))
    own = {"verdict": score.verdict, "value": score.value, "confidence": score.confidence}
    details = {**score.details, "deskmark": own, "reviewers": len(verdicts)}
    if said == score.verdict:
        return replace(score, confidence=1.0, details=MappingProxyType(details))
    read = "A person who read it decided so" if len(verdicts) == 1 else "People who read it decided so"
    own_one = score.verdict if score.verdict != PENDING else None
    found = f"Deskmark had found: {own_one.replace('_', ' ')}" if own_one else "Deskmark had no verdict"
    value = _VALUES.get(name, _no_value)(said, score)
    details |= _DETAILS.get(name, _no_details)(said, score)
    return Score(said, value, 1.0, f"{read}; {found}.", (), MappingProxyType(details))


def _no_value(_said: str, _score: Score) -> float | None:
    """A person gives a class; a number that was found for another class does not go with it."""
    return None


def _resolved(said: str, score: Score) -> float | None:
    """The probability of a true resolution: certain where the class is, else what it usually has.

    `None` when the bot did not keep it.
    """
    if said not in set(Containment) or Containment(said) not in LEVEL:
        return None
    if said in CERTAIN:
        return CERTAIN[said]
    level, slope = LEVEL[Containment(said)]
    simple = score.details.get("simplicity")
    return 1 / (1 + math.exp(-(level + slope * (simple if isinstance(simple, int | float) else 0.0))))


CERTAIN: Mapping[str, float] = MappingProxyType(
    {
        Containment.CONFIRMED: 1.0,
        Containment.UNRESOLVED: 0.0,
        Containment.ABANDONED: 0.0,
        Containment.RETURNED: 0.0,
    }
)
"""Probability of a true resolution where a person says which it was."""


def _re_asks(said: str, score: Score) -> float | None:
    return {"preserved": 0.0, "repeated": max(1.0, score.value or 0.0)}.get(said)


def _same_issue(said: str, _score: Score) -> float | None:
    return {"returned": 1.0, "not_returned": 0.0}.get(said)


def _relevant(said: str, _score: Score) -> float | None:
    return {"relevant": 1.0, "irrelevant": 0.0}.get(said)


_VALUES: Mapping[str, Callable[[str, Score], float | None]] = MappingProxyType(
    {
        "containment": _resolved,
        "context_repeat": _re_asks,
        "repeat_contact": _same_issue,
        "answer_relevance": _relevant,
        "intent": lambda _said, _score: 1.0,
    }
)
"""The value that goes with a person's verdict; a score that is not here has none then."""


def _no_details(_said: str, _score: Score) -> dict[str, object]:
    return {}


def _timing(said: str, _score: Score) -> dict[str, object]:
    timing = {"missed": "never", "avoidable": "early"}.get(said)
    return {"timing": timing, "reason": None, "warranted_at": None, "turns_late": None, "seconds_late": None}


def _windows(said: str, score: Score) -> dict[str, object]:
    """A return within the main window is one within the longer ones; what the longer ones hold beyond stays."""
    windows = score.details.get("windows")
    if not isinstance(windows, Mapping):
        return {}
    return {"windows": {**windows, **(dict.fromkeys(windows, said) if said == "returned" else {})}}


def _answers(said: str, score: Score) -> dict[str, object]:
    """All answers were good, or none: then each of them was judged. Of a mix it is not known which."""
    answers, value = score.details.get("answers"), _relevant(said, score)
    if value is None or not isinstance(answers, list | tuple):
        return {}
    return {"answers": [_judged(answer, value) for answer in answers]}


def _judged(answer: Any, value: float) -> Any:
    return {**answer, "relevance": value} if isinstance(answer, Mapping) and answer.get("judged", True) else answer


def _gap(said: str, _score: Score) -> dict[str, object]:
    return {} if said == "gap" else {"question": None, "reason": None}


def _contained(said: str, _score: Score) -> dict[str, object]:
    return {"contained": said not in (Containment.ESCALATED, Containment.HUMAN_ONLY), "basis": "person"}


_DETAILS: Mapping[str, Callable[[str, Score], dict[str, object]]] = MappingProxyType(
    {
        "containment": _contained,
        "escalation": _timing,
        "repeat_contact": _windows,
        "answer_relevance": _answers,
        "knowledge_gap": _gap,
    }
)
"""What of the details does not go with a person's verdict."""
