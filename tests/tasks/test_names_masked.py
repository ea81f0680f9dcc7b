"""Names in free prose on their way from a webhook to the note, by the real lists of names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.conversation import Role
from service.name_lists import finder
from service.store import results

PROSE = "my colleague Deborah Whitlock ordered the kettle lid, where is it?"
TURNS = (
    (Role.CUSTOMER, PROSE),
    (Role.BOT, "Sorry, I could not find an answer to that."),
    (Role.CUSTOMER, "that did not help, Deborah Whitlock is waiting"),
)


@pytest.mark.parametrize("switched_on", [True, False])
def test_the_note_and_the_kept_question(shop: Any, kit: Any, clock: Any, switched_on: bool) -> None:
    shop.runtime = replace(shop.runtime, names=finder(switched_on=switched_on))
    shop.desk.tickets["1"] = kit.ticket(kit.conversation("1", clock() - timedelta(hours=1), TURNS))
    shop.webhook("1")
    shop.work()
    (note,) = shop.desk.tickets["1"].notes
    with shop.runtime.database.read() as session:
        card = results.latest_card(session, shop.id_of("1"))
    assert ("Deborah" in note) is not switched_on
    assert ("Whitlock" in note) is not switched_on
    assert ("D***" in note) is switched_on
    question = card["scores"]["knowledge_gap"]["details"]["text"]
    assert ("(name) ordered the kettle lid" in question) is switched_on
    assert ("Deborah Whitlock" in question) is not switched_on
