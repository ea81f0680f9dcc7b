"""Thresholds that reviews suggest: what each setting would have said of what reviewers judged. Never applied here.

Only reviews of the random sample and from files count: what was picked because it is doubtful lies near the thresholds
and would pull them about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from service.card_document import card_from_document
from service.figures.threshold_fit import LEAST_REVIEWS, Fit, fit
from service.scoring.context_repeat import UNCLEAR_BAND
from service.scoring.corrected import agreed
from service.scoring.doubt import WRITTEN
from service.scoring.score import DEFINITIONS, Policy, Score, Scorecard
from service.store import reviews
from service.store.figure_models import Review
from service.store.models import Conversation
from service.store.models import Scorecard as StoredCard
from service.writeback import desired_tags

RECENT = 500
"""Conversations in which is counted what another setting would change."""

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
    Tunable("effort", "Effort levels", ("high_effort", "low_effort"), _pairs(_steps(1, 7, 0.25)), _effort),
    Tunable("repeat_contact", "The same issue", ("same_issue_threshold",), _SHARES, _return),
    Tunable("context_repeat", "Asked again", ("repeated_context_threshold",), _SHARES, _context),
    Tunable(
        "resolution_confidence", "Levels of the bot's confidence", ("low_confidence", "high_confidence"),
        _pairs(_steps(0.05, 0.95, 0.05)), _sureness,
    ),
)  # fmt: skip
"""Thresholds that a stored scorecard is enough to try others of. `avoidable_threshold` and `gap_confidence` are not
among them: a card does not keep what lies below them."""

REVIEW = Tunable("", "Marked for review", ("review_confidence",), _SHARES, lambda _score, _setting: None)
"""The confidence below which a conversation is marked for review: best where what is marked is what is wrong."""


def judged(session: Session, installation_id: str, definitions: str = DEFINITIONS) -> list[Judged]:
    """What reviewers agree on, of the random sample and from files, with the score as Deskmark gave it."""
    same = and_(
        StoredCard.conversation_id == Review.conversation_id,
        StoredCard.episode == Review.episode,
        StoredCard.definitions == definitions,
    )
    mine = (Review.installation_id == installation_id, *reviews.chosen(reviews.Which.LABELLED))
    said: dict[tuple[int, str], list[str]] = defaultdict(list)
    statement = select(StoredCard.id, Review.score, Review.verdict).join(Review, same).where(*mine)
    for card_id, score, given in session.execute(statement):
        said[(card_id, score)].append(given)
    cards = _cards(session, {card_id for card_id, _ in said})
    return [
        Judged(name, cards[card_id].scores[name], verdict)
        for (card_id, name), verdicts in sorted(said.items())
        if (verdict := agreed(verdicts)) is not None and name in cards[card_id].scores
    ]


def _cards(session: Session, ids: Iterable[int]) -> dict[int, Scorecard]:
    rows = session.execute(select(StoredCard.id, StoredCard.card).where(StoredCard.id.in_(sorted(ids))))
    return {row[0]: card_from_document(row[1]) for row in rows}


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


def _recent(session: Session, installation_id: str) -> list[Scorecard]:
    """The cards that speak for the conversations scored last."""
    statement = (
        select(StoredCard.card)
        .join(Conversation, Conversation.id == StoredCard.conversation_id)
        .where(StoredCard.latest, Conversation.installation_id == installation_id)
    )
    rows = session.scalars(statement.order_by(StoredCard.id.desc()).limit(RECENT))
    return [card_from_document(card) for card in rows]


def _with_change(found: Suggestion, recent: Sequence[Scorecard], policy: Policy) -> Suggestion:
    """Tags as they are against tags under the other setting; what follows from a verdict further on is not counted."""
    tunable, setting = found.tunable, tuple(found.suggested.values())
    threshold = found.suggested.get("review_confidence", policy.review_confidence)
    changed = 0
    whole = [card for card in recent if card.scores.keys() >= WRITTEN]
    for card in whole:
        scores = dict(card.scores)
        verdict = tunable.says(scores[tunable.score], setting) if tunable.score in scores else None
        if verdict is not None:
            scores[tunable.score] = replace(scores[tunable.score], verdict=verdict)
        before = desired_tags(card.scores, review_confidence=policy.review_confidence)
        changed += desired_tags(scores, review_confidence=threshold) != before
    return replace(found, change=changed, recent=len(whole))
