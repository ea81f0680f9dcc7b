"""Workers read against the installation's own catalog and policy, and notice when they change."""

from __future__ import annotations

from typing import Any

import pytest

from service.document import DocumentError
from service.language.intents import Example
from service.store import installations, intents, results
from service.store.models import Installation, State
from tasks.catalogs import Catalogs, fit
from tasks.runtime import policy_of

KETTLE = [Example("leak", "My blue kettle leaks"), Example("leak", "water runs from its bottom")]
INVOICE = [Example("invoice", "please send an invoice"), Example("invoice", "where is the bill for this")]


def known(shop: Any, *examples: Example, replace: bool = False) -> None:
    with shop.runtime.database.begin() as session:
        put = intents.replace if replace else intents.add
        put(session, "i1", examples, now=shop.runtime.clock())


def row(shop: Any) -> Installation:
    with shop.runtime.database.read() as session:
        found = installations.get(session, "i1")
        assert found is not None
        return found


def test_a_catalog_is_loaded_once_and_again_after_a_change(shop: Any) -> None:
    runtime = shop.runtime
    assert runtime.catalog(row(shop)) is None
    known(shop, *KETTLE, *INVOICE)
    first = runtime.catalog(row(shop))
    assert first.names == ("invoice", "leak")
    assert runtime.catalog(row(shop)) is first
    with runtime.database.read() as session:
        assert intents.fitted(session, "i1", fitted_by="1/words") is not None
    other = Catalogs().of("i1", runtime.database, runtime.embedder)
    assert other is not None
    assert other.names == first.names
    known(shop, *KETTLE, replace=True)
    assert runtime.catalog(row(shop)).names == ("leak",)


def test_a_catalog_that_lost_its_examples_is_none(shop: Any) -> None:
    known(shop, *KETTLE)
    with shop.runtime.database.begin() as session:
        intents.remove(session, "i1", "leak", now=shop.runtime.clock())
    assert shop.runtime.catalog(row(shop)) is None
    assert fit("i1", shop.runtime.database, shop.runtime.embedder) is None


def test_a_conversation_is_scored_by_catalog_and_policy(shop: Any, kit: Any, clock: Any) -> None:
    known(shop, *KETTLE, *INVOICE)
    with shop.runtime.database.begin() as session:
        installations.change(session, "i1", policy={"repeat_window_hours": 48})
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock(), kit.unhelpful))
    shop.webhook("1")
    shop.work()
    with shop.runtime.database.read() as session:
        card = results.latest_card(session, shop.row("1").id)
    assert card is not None
    assert card["scores"]["intent"]["verdict"] == "leak"
    stored = shop.row("1")
    assert stored.state == State.SCORED
    assert (stored.final_at - stored.ended_at).total_seconds() == 48 * 3600


def test_what_was_learned_is_forgotten_with_the_conversation(shop: Any, kit: Any, clock: Any) -> None:
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock(), kit.unhelpful))
    shop.webhook("1")
    shop.work()
    with shop.runtime.database.begin() as session:
        intents.learn(session, "i1", [intents.Learned(KETTLE[0], shop.row("1").id)], now=clock())
    del shop.desk.tickets["1"]
    clock.forward(minutes=1)
    shop.webhook("1")
    shop.work()
    assert shop.row("1").state == State.GONE
    with shop.runtime.database.read() as session:
        assert intents.examples(session, "i1") == []


def test_own_keys_stand_over_the_settings(shop: Any) -> None:
    settings = shop.runtime.settings.model_copy(update={"review_confidence": 0.7})
    assert policy_of(settings, None) == settings.policy()
    own = policy_of(settings, {"repeat_window_hours": 1})
    assert (own.repeat_window.total_seconds(), own.review_confidence) == (3600, 0.7)
    with pytest.raises(DocumentError):
        policy_of(settings, {"unknown": 1})
