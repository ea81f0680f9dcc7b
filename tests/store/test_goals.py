"""What the account wants and states is kept, changed and taken back."""

from __future__ import annotations

from datetime import datetime

import pytest

from service.figures.beside import Prices
from service.figures.catalogue import Maturity
from service.figures.standing import STEP
from service.store import goals
from service.store.database import Database
from service.store.goals import Costs

ENVIRONMENT = Prices(human_conversation=6, currency="EUR")


def test_a_target_is_the_default_until_somebody_changes_it(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert goals.step(session, "effort") == STEP
        goals.set_step(session, "effort", 0.1, now=now)
        goals.set_step(session, "effort", 0.02, now=now)
        goals.set_step(session, "escalation", 0.2, now=now)
    with database.begin() as session:
        assert goals.step(session, "effort") == 0.02
        assert goals.steps(session) == {"effort": 0.02, "escalation": 0.2}
        goals.set_step(session, "effort", None, now=now)
        assert goals.step(session, "effort") == STEP


@pytest.mark.parametrize("step", [0, -0.1, 1.01, float("nan")])
def test_a_target_that_is_none_is_refused(database: Database, now: datetime, step: float) -> None:
    with database.begin() as session, pytest.raises(ValueError, match="at most 100% a month"):
        goals.set_step(session, "effort", step, now=now)


def test_maturity_is_as_suggested_until_stated(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert goals.maturity(session) is None
        goals.set_maturity(session, Maturity.ADVANCED, now=now)
        assert goals.maturity(session) is Maturity.ADVANCED
        goals.set_maturity(session, None, now=now)
        assert goals.maturity(session) is None


def test_stated_prices_stand_before_those_of_the_settings(database: Database, now: datetime) -> None:
    stated = Costs(Prices(0.4, 7.5, 0.1, "USD"), agent_minutes=12)
    with database.begin() as session:
        goals.set_maturity(session, Maturity.GROWING, now=now)
        assert goals.costs(session) is None
        assert goals.prices(session, ENVIRONMENT) == ENVIRONMENT
        goals.set_costs(session, stated, now=now)
    with database.begin() as session:
        assert (goals.costs(session), goals.prices(session, ENVIRONMENT)) == (stated, stated.prices)
        assert goals.maturity(session) is Maturity.GROWING
        goals.set_costs(session, Costs(Prices()), now=now)
        assert goals.prices(session, ENVIRONMENT) is None, "stated as free of cost: no costs are shown"
        goals.set_costs(session, None, now=now)
        assert goals.prices(session, ENVIRONMENT) == ENVIRONMENT


@pytest.mark.parametrize("wrong", [Costs(Prices(-1)), Costs(Prices(agent_message=-1)), Costs(Prices(1), -2)])
def test_negative_costs_are_refused(database: Database, now: datetime, wrong: Costs) -> None:
    with database.begin() as session, pytest.raises(ValueError, match="never below 0"):
        goals.set_costs(session, wrong, now=now)
