"""Outcomes: what was saved at stated prices, satisfaction and returns by class, sliders; no number on too few."""

from __future__ import annotations

from typing import Any

import pytest
from insight_facts import keep
from outcome_facts import days
from page_words import words

from service.figures.beside import Prices
from service.store import goals
from service.store.goals import Costs

PRICES = {"bot_conversation": "0,50", "human_conversation": "8", "agent_message": "1", "currency": "EUR",
          "agent_minutes": "15"}  # fmt: skip


def test_before_anything_is_counted_it_leads_on(web: Any) -> None:
    assert "Connect a helpdesk first" in words(web.admin().get("/outcomes"))
    web.installation("zendesk")
    assert "The first verdict appears some minutes after" in words(web.admin().get("/outcomes"))


def test_without_prices_nothing_is_guessed(web: Any, keep_days: Any) -> None:
    keep_days(60)
    page = words(web.admin().get("/outcomes"))

    assert "Deskmark does not know what your work costs, and guesses nothing" in page
    assert "Cost of one" not in page
    assert "Confirmed solved 5.00" in page
    assert "Cost appears once you stated prices" in page
    viewer = web.signed_in(web.person("viewer"))
    assert "A manager who sees all helpdesks states them here" in words(viewer.get("/outcomes"))


def test_a_manager_states_prices_and_sees_what_was_saved(web: Any, keep_days: Any) -> None:
    keep_days(60)
    manager = web.signed_in(web.person("manager"))
    answer = web.post(manager, "/outcomes/prices", form_on="/outcomes", **PRICES)
    assert answer.headers["Location"] == "/outcomes#prices"

    page = words(manager.get("/outcomes"))
    plain = page.replace("\N{MULTIPLICATION SIGN}", "*").replace("\N{MINUS SIGN}", "-")
    assert "240 conversations kept by the bot * 10.00 EUR, what one costs with a human 2,400.00 EUR" in plain
    assert "less 30 * 10.00 EUR: the customer came back with the same issue -300.00 EUR" in plain
    assert "less 60 * 10.00 EUR: unresolved or abandoned -600.00 EUR" in plain
    assert "less 30 * 10.00 EUR: unclear -300.00 EUR" in plain
    assert "less 300 * 0.50 EUR, the price of all conversations of the bot, solved or not -150.00 EUR" in plain
    assert (
        "10.00 EUR, a conversation with a human. 8.00 EUR, your price of one + 2.00 messages of agents * 1.00 EUR"
        in plain
    )
    assert (
        "0.50 EUR where the bot took part, 8.00 EUR where a human answered, 1.00 EUR for each of their messages"
        in plain
    )
    # 120 solved of 30 days at 10, none of which came back; 300 conversations of the bot at 0.5.
    assert "Saved 1,050.00 EUR" in page
    assert "hours not needed, at 15 minutes each 30.00" in page
    assert "Handed over 4.00" in page
    assert "10.50 EUR" in page
    with web.parts.database.read() as session:
        assert goals.costs(session) == Costs(Prices(0.5, 8, 1, "EUR"), 15)
    assert [entry[1:3] for entry in web.audited()] == [("state prices", "prices")]


def test_prices_of_the_settings_hold_until_others_are_stated(make_web: Any, sqlite_url: str) -> None:
    web = make_web(sqlite_url, price_human_conversation=8, price_currency="CHF")
    keep(web, web.installation("zendesk"), list(days(60)))
    page = words(web.admin().get("/outcomes"))

    assert "8 a human's conversation CHF (from the settings)" in page
    assert "Agents' hours appear once you stated how long" in page
    assert "Saved 960.00 CHF" in page


@pytest.mark.parametrize("price", ["-1", "many", "nan", "1e9"])
def test_what_is_no_price_changes_nothing(web: Any, keep_days: Any, price: str) -> None:
    keep_days(60)
    client = web.admin()
    web.post(client, "/outcomes/prices", form_on="/outcomes", **{**PRICES, "human_conversation": price})

    assert "A price is a number from 0 on" in words(client.get("/outcomes"))
    assert [entry[1] for entry in web.audited()] == ["sign in"]


def test_who_sees_a_part_states_no_prices_for_all(web: Any, keep_days: Any) -> None:
    own = keep_days(60)
    part = web.signed_in(web.person("manager", only=[own]))

    assert web.post(part, "/outcomes/prices", form_on="/account", **PRICES).status_code == 403


def test_few_conversations_are_no_savings(web: Any, keep_days: Any) -> None:
    keep_days(4)
    with web.parts.database.begin() as session:
        goals.set_costs(session, Costs(Prices(human_conversation=8)), now=web.clock())
    page = words(web.admin().get("/outcomes?quality=10"))

    assert "Not enough data, 16 of 20 conversations that the bot solved." in page
    assert "not enough data, 16 of 20" in page.split("What if", 1)[1]


def test_sliders_stand_in_the_address(web: Any, keep_days: Any) -> None:
    keep_days(60)
    client = web.admin()
    page = words(client.get("/outcomes?quality=20&avoidable=30&kept=5&days=30&brand=north"))
    assert "Containment quality +20 points" in page
    assert "solved by the bot +30 % of them" in page
    assert "Containment quantity +5 points" in page
    hidden = client.get("/outcomes?quality=20&days=30&brand=north").text.split('class="form over-levers"')[1]
    assert '<input type="hidden" name="days" value="30">' in hidden
    assert '<input type="hidden" name="brand" value="north">' in hidden

    assert "nothing would change" in words(client.get("/outcomes?quality=0"))
    assert "stands instead" not in page
    for odd, said in (("-1", "-1"), ("ten", "ten"), ("²", "²"), ("1e3", "1e3"), ("", None)):
        found = words(client.get(f"/outcomes?quality={odd}"))
        assert "Containment quality +10 points" in found, odd
        assert ("stands instead" in found) == (said is not None)
        assert said is None or f"0 to 30, not “{said}”: 10 stands instead." in found
    most = words(client.get("/outcomes?quality=999"))
    assert "Containment quality +30 points" in most
    assert "not “999”: 30 stands instead." in most


def test_a_year_is_drawn_by_weeks(web: Any, keep_days: Any) -> None:
    keep_days(220)
    page = words(web.admin().get("/outcomes?days=365"))

    assert "from these 220 days" in page
    assert "Conversations that come back within 7 days 30 " in page


def test_days_before_the_first_are_no_quiet_days(web: Any, keep_days: Any) -> None:
    keep_days(60)

    assert "Conversations that a human answers 90 " in words(web.admin().get("/outcomes?quality=10"))
    nothing = words(web.admin().get("/outcomes?since=2025-01-01&until=2025-02-01"))
    assert "not enough data, 0 of 20" in nothing
