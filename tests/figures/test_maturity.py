"""Which level an account's data carry, and what is missing for the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.figures.catalogue import Maturity
from service.figures.maturity import Asked, Held, Need, suggested

RIPE = Held(days=90, conversations=1000, judged=20, intents=5, reviews=100, improvements=1)


def test_without_data_it_starts() -> None:
    found = suggested(Held())

    assert (found.level, found.next, found.carried_by) == (Maturity.STARTER, Maturity.GROWING, ())
    assert [need.what for need in found.missing] == [Asked.DAYS, Asked.CONVERSATIONS, Asked.JUDGED]


def test_whatever_is_there_the_last_level_has_no_next() -> None:
    found = suggested(RIPE)

    assert (found.level, found.next, found.missing) == (Maturity.ADVANCED, None, ())
    assert all(need.met for need in found.carried_by)


@pytest.mark.parametrize(
    ("changed", "level", "missing"),
    [
        ({"days": 29}, Maturity.STARTER, Need(Asked.DAYS, 29, 30)),
        ({"conversations": 199}, Maturity.STARTER, Need(Asked.CONVERSATIONS, 199, 200)),
        ({"judged": 19}, Maturity.STARTER, Need(Asked.JUDGED, 19, 20)),
        ({"days": 89}, Maturity.GROWING, Need(Asked.DAYS, 89, 90)),
        ({"conversations": 200}, Maturity.GROWING, Need(Asked.CONVERSATIONS, 200, 1000)),
        ({"intents": 4}, Maturity.GROWING, Need(Asked.INTENTS, 4, 5)),
        ({"reviews": 99}, Maturity.GROWING, Need(Asked.REVIEWS, 99, 100)),
        ({"improvements": 0}, Maturity.GROWING, Need(Asked.IMPROVEMENTS, 0, 1)),
    ],
)
def test_each_level_asks_for_each_of_its_needs(changed: dict[str, int], level: Maturity, missing: Need) -> None:
    found = suggested(replace(RIPE, **changed))

    assert found.level is level
    assert missing in found.missing


def test_an_account_that_asks_for_more_cases_asks_for_more_of_everything() -> None:
    assert suggested(RIPE, least=21).level is Maturity.STARTER
    assert suggested(replace(RIPE, judged=40), least=40).level is Maturity.GROWING
