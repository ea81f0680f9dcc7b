"""What an account has beside conversations that says how ripe it is: intents, reviews, improvements."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from service.store.figure_models import Review
from service.store.gap_models import Improvement
from service.store.intent_models import IntentExample
from service.store.statements import one_of

MOST = 10_000
"""Reviews are counted up to here: no level asks for more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Intents in the catalogs, each once; reviews by people, at most `MOST`; improvements told of."""

    intents: int
    reviews: int
    improvements: int


def kept(session: Session, within: Collection[str] | None) -> Kept:
    """What these installations have; `None`: all."""

    def count(of: Select[Any]) -> int:
        return int(session.scalar(select(func.count()).select_from(of.limit(MOST).subquery())) or 0)

    return Kept(
        count(select(IntentExample.intent).where(one_of(IntentExample.installation_id, within)).distinct()),
        count(select(Review.id).where(one_of(Review.installation_id, within))),
        count(select(Improvement.id).where(one_of(Improvement.installation_id, within))),
    )
