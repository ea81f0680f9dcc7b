"""Thresholds that reviews suggest: what each setting would have said of what reviewers judged. Never applied here.

Only reviews of the random sample and from files count: what was picked because it is doubtful lies near the thresholds
and would pull them about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from service.figures.threshold_fit import LEAST_REVIEWS, Fit, fit
from service.scoring.context_repeat import UNCLEAR_BAND
from service.scoring.corrected import agreed
from service.scoring.definitions import VERDICTS
from service.scoring.doubt import WRITTEN
from service.scoring.score import DEFINITIONS, Policy, Score
from service.store import reviews
from service.store.figure_models import Review
from service.store.models import Conversation
from service.store.models import Scorecard as StoredCard
from service.writeback import desired_tags

RECENT = 500
"""Conversations in which is counted what another setting would change."""

MOST = 1000
"""Opinions on one score that are looked at, the latest ones: more would not move a threshold, and take their time."""

Setting = Mapping[str, float]
"""Keys of a policy document with their values."""


@dataclass(frozen=True, slots=True)
class Tunable:
    """One threshold, or two that belong together: `keys` of the policy, what can be tried, and what it would say.

    `says` gives the verdict of a score under a setting; `None` where the setting does not decide it.
    """

    score: str
    title: str
    keys: tuple[str, ...]
    settings: tuple[tuple[float, ...], ...]
    says: Callable[[Score, tuple[float, ...]], str | None]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What reviews say of a threshold. `fit` is `None` with fewer than `least` reviews (`n` of them there are).

    `change`: in how many of the last `recent` conversations another tag would stand.
    """

    tunable: Tunable
    present: Setting
    n: int
    least: int
    fit: Fit | None
    suggested: Setting
    change: int = 0
    recent: int = 0

    @property
    def is_better(self) -> bool:
        """Whether there is anything to suggest: another setting whose gain is more than chance would give."""
        return self.fit is not None and self.fit.surely_better and self.suggested != self.present


@dataclass(frozen=True, slots=True)
class Judged:
    """A score as Deskmark gave it, and the verdict that its reviewers agree on."""

    name: str
    score: Score
    verdict: str


def _steps(start: float, stop: float, step: float) -> tuple[float, ...]:
    return tuple(round(start + step * i, 4) for i in range(round((stop - start) / step) + 1))


def _pairs(values: Sequence[float]) -> tuple[tuple[float, float], ...]:
    return tuple((one, other) for one in values for other in values if one <= other)


def _effort(score: Score, setting: tuple[float, ...]) -> str | None:
    high, low = setting
    if score.value is None:
        return None
    return "high" if score.value <= high else "low" if score.value >= low else "medium"


def _sureness(score: Score, setting: tuple[float, ...]) -> str | None:
    low, high = setting
    if score.value is None:
        return None
    return "high" if score.value >= high else "low" if score.value < low else "medium"


def _return(score: Score, setting: tuple[float, ...]) -> str | None:
    if score.value is None or score.verdict not in ("returned", "not_returned"):
        return None
    return "returned" if score.value >= setting[0] else "not_returned"


def _context(score: Score, setting: tuple[float, ...]) -> str | None:
    candidates = score.details.get("candidates")
    if score.verdict is None or not isinstance(candidates, list | tuple):
        return None
    top = max((float(each["probability"]) for each in candidates), default=0.0)
    if top >= setting[0]:
        return "repeated"
    return "unclear" if top >= setting[0] - UNCLEAR_BAND else "preserved"


_SHARES = tuple((each,) for each in _steps(0.05, 0.95, 0.05))

TUNABLES: tuple[Tunable, ...] = (
    Tunable("effort", "Effort levels", ("high_effort", "low_effort"), _pairs(_steps(1, 7, 0.5)), _effort),
    Tunable("repeat_contact", "The same issue", ("same_issue_threshold",), _SHARES, _return),
    Tunable("context_repeat", "Asked again", ("repeated_context_threshold",), _SHARES, _context),
    Tunable(
        "resolution_confidence", "Levels of the bot's confidence", ("low_confidence", "high_confidence"),
        _pairs(_steps(0.1, 0.9, 0.1)), _sureness,
    ),
)  # fmt: skip
"""Thresholds that a stored scorecard is enough to try others of. `avoidable_threshold` and `gap_confidence` are not
among them: a card does not keep what lies below them."""

REVIEW = Tunable("", "Marked for review", ("review_confidence",), _SHARES, lambda _score, _setting: None)
"""The confidence below which a conversation is marked for review: best where what is marked is what is wrong."""


def judged(session: Session, installation_id: str, definitions: str = DEFINITIONS) -> list[Judged]:
    """What reviewers agree on, of the random sample and from files, with the score as Deskmark gave it.

    Of each score the `MOST` latest opinions; only that score is read of a card, which may be long.
    """
    same = and_(
        StoredCard.conversation_id == Review.conversation_id,
        StoredCard.episode == Review.episode,
        StoredCard.definitions == definitions,
    )
    mine = (Review.installation_id == installation_id, *reviews.chosen(reviews.Which.LABELLED))
    found: list[Judged] = []
    for name in VERDICTS:
        columns = (StoredCard.id, StoredCard.card[("scores", name)], Review.verdict)
        # Picked before any card is read.
        latest = select(Review.id).where(Review.score == name, *mine).order_by(Review.at.desc()).limit(MOST)
        statement = select(*columns).join(Review, same).where(Review.id.in_(latest))
        said: dict[int, list[str]] = defaultdict(list)
        scores: dict[int, Score] = {}
        for card_id, document, verdict in session.execute(statement):
            if document is not None:
                said[card_id].append(verdict)
                scores[card_id] = _score(document)
        agreements = ((card_id, agreed(verdicts)) for card_id, verdicts in sorted(said.items()))
        found += [Judged(name, scores[card_id], verdict) for card_id, verdict in agreements if verdict is not None]
    return found


def _score(document: Mapping[str, Any]) -> Score:
    """What a threshold looks at: no reason and no proof."""
    details = MappingProxyType(document.get("details") or {})
    return Score(document["verdict"], document["value"], document["confidence"], details=details)


def suggestions(
    session: Session, installation_id: str, policy: Policy, *, least: int = LEAST_REVIEWS
) -> list[Suggestion]:
    """What reviews say of every threshold of an installation, whose policy is `policy`."""
    cases = judged(session, installation_id)
    found = [_of_verdict(tunable, cases, policy, least) for tunable in TUNABLES]
    found.append(_of_review(cases, policy, least))
    if any(each.is_better for each in found):
        recent = _recent(session, installation_id)
        found = [_with_change(each, recent, policy) if each.is_better else each for each in found]
    return found


def _of_verdict(tunable: Tunable, cases: Sequence[Judged], policy: Policy, least: int) -> Suggestion:
    present = _present(tunable, policy)
    settings = _with(tunable.settings, present)
    mine = [each for each in cases if each.name == tunable.score and tunable.says(each.score, present) is not None]
    right = np.array([[tunable.says(each.score, s) == each.verdict for s in settings] for each in mine], dtype=bool)
    return _suggestion(tunable, right, settings, present, least)


def _of_review(cases: Sequence[Judged], policy: Policy, least: int) -> Suggestion:
    present = _present(REVIEW, policy)
    settings = _with(REVIEW.settings, present)
    mine = [each for each in cases if each.name in WRITTEN and each.score.verdict is not None]
    right = np.array(
        [
            [(each.score.confidence < s) == (each.verdict != each.score.verdict) for (s, *_) in settings]
            for each in mine
        ],
        dtype=bool,
    )
    return _suggestion(REVIEW, right, settings, present, least)


def _present(tunable: Tunable, policy: Policy) -> tuple[float, ...]:
    return tuple(float(getattr(policy, key)) for key in tunable.keys)


def _with(settings: tuple[tuple[float, ...], ...], present: tuple[float, ...]) -> list[tuple[float, ...]]:
    return sorted({*settings, present})


def _suggestion(
    tunable: Tunable, right: np.ndarray, settings: Sequence[tuple[float, ...]], present: tuple[float, ...], least: int
) -> Suggestion:
    distances = [sum(abs(one - other) for one, other in zip(each, present, strict=True)) for each in settings]
    found = fit(right, distances, least=least)
    best = present if found is None else settings[found.best]
    now, then = (MappingProxyType(dict(zip(tunable.keys, each, strict=True))) for each in (present, best))
    return Suggestion(tunable, now, len(right), least, found, then)


def _recent(session: Session, installation_id: str) -> list[Mapping[str, Score]]:
    """What tags are made of, of the conversations scored last; only those that know all of it."""
    names = (*sorted(WRITTEN), *sorted({each.score for each in TUNABLES} - WRITTEN))
    statement = (
        select(*(StoredCard.card[("scores", name)] for name in names))
        .join(Conversation, Conversation.id == StoredCard.conversation_id)
        .where(StoredCard.latest, Conversation.installation_id == installation_id)
    )
    rows = session.execute(statement.order_by(StoredCard.id.desc()).limit(RECENT))
    return [
        {name: _score(document) for name, document in zip(names, row, strict=True)}
        for row in rows
        if all(document is not None for document in row)
    ]


def _with_change(found: Suggestion, recent: Sequence[Mapping[str, Score]], policy: Policy) -> Suggestion:
    """Tags as they are against tags under the other setting; what follows from a verdict further on is not counted."""
    tunable, setting = found.tunable, tuple(found.suggested.values())
    threshold = found.suggested.get("review_confidence", policy.review_confidence)
    changed = 0
    for scores in recent:
        verdict = tunable.says(scores[tunable.score], setting) if tunable.score else None
        then = scores
        if verdict is not None:
            then = {**scores, tunable.score: replace(scores[tunable.score], verdict=verdict)}
        before = desired_tags(scores, review_confidence=policy.review_confidence)
        changed += desired_tags(then, review_confidence=threshold) != before
    return replace(found, change=changed, recent=len(recent))
