"""What the account wants and states: targets of figures, how ripe it says it is, what its work costs.

All of it is of the whole service, never of one installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.figures.beside import Prices
from service.figures.catalogue import Maturity
from service.figures.standing import STEP
from service.store.goal_models import WHOLE, Goal, Stated
from service.store.statements import insert

MOST_STEP = 1.0
"""The largest step that can be asked for: twice as good each month."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the account stated its work costs. `agent_minutes`: an agent's work on a conversation that a human answers,
    `None`: not stated."""

    prices: Prices
    agent_minutes: float | None = None


def steps(session: Session) -> Mapping[str, float]:
    """What a month asks of each figure whose step somebody changed, by the figure's name."""
    return {row.figure: row.step for row in session.scalars(select(Goal))}


def step(session: Session, figure: str) -> float:
    """What a month asks of the figure, relative to the month before; the default where nobody changed it."""
    row = session.get(Goal, figure)
    return STEP if row is None else row.step


def set_step(session: Session, figure: str, step: float | None, *, now: datetime) -> None:
    """Ask `step` a month of the figure from now on; `None`: the default. Raises `ValueError` outside 0 to 1."""
    if step is None:
        session.execute(delete(Goal).where(Goal.figure == figure))
        return
    if not 0 < step <= MOST_STEP:
        raise ValueError(f"a target asks for more than 0 and at most {MOST_STEP:.0%} a month")
    values = {"step": step, "at": now}
    statement = insert(session, Goal).values(figure=figure, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[Goal.figure], set_=values))


def maturity(session: Session) -> Maturity | None:
    """How ripe the account says it is; `None`: it goes by what is suggested."""
    row = session.get(Stated, WHOLE)
    return None if row is None or row.maturity not in list(Maturity) else Maturity(row.maturity)


def set_maturity(session: Session, maturity: Maturity | None, *, now: datetime) -> None:
    """Say how ripe the account is; `None`: go by what is suggested."""
    _state(session, {"maturity": None if maturity is None else maturity.value, "at": now})


def costs(session: Session) -> Costs | None:
    """The stated costs; `None` when nobody stated any."""
    row = session.get(Stated, WHOLE)
    if row is None or row.bot_conversation is None:
        return None
    given = (row.bot_conversation, row.human_conversation or 0.0, row.agent_message or 0.0)
    return Costs(Prices(*given, currency=row.currency or ""), row.agent_minutes)


def set_costs(session: Session, costs: Costs | None, *, now: datetime) -> None:
    """State what work costs from now on; `None`: go by the settings again. Raises `ValueError` for negative ones."""
    if costs is None:
        names = ("bot_conversation", "human_conversation", "agent_message", "currency", "agent_minutes")
        _state(session, {**dict.fromkeys(names), "at": now})
        return
    given = costs.prices
    if min(given.bot_conversation, given.human_conversation, given.agent_message, costs.agent_minutes or 0) < 0:
        raise ValueError("a price is never below 0")
    values = {
        "bot_conversation": given.bot_conversation,
        "human_conversation": given.human_conversation,
        "agent_message": given.agent_message,
        "currency": given.currency[:8],
        "agent_minutes": costs.agent_minutes,
    }
    _state(session, {**values, "at": now})


def prices(session: Session, default: Prices | None) -> Prices | None:
    """The stated prices, or `default` (those of the settings) when nobody stated any. All at 0 is none."""
    stated = costs(session)
    if stated is None:
        return default
    known = stated.prices
    return known if any((known.bot_conversation, known.human_conversation, known.agent_message)) else None


def _state(session: Session, values: Mapping[str, Any]) -> None:
    statement = insert(session, Stated).values(id=WHOLE, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[Stated.id], set_=dict(values)))
