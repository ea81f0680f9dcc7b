"""The overview: the figures of the account's level, against its own beginning; level and targets that people change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from browsing import LOOKS, signed_in
from insight_facts import keep
from outcome_facts import days
from page_words import words

from service.figures.catalogue import Maturity
from service.store import goals
from service.store.models import State
from service.web.levels import levels


def test_each_level_adds_figures() -> None:
    by_level = {level: [one.name for each in levels(level).values() for one in each] for level in Maturity}

    assert by_level[Maturity.STARTER] == ["containment", "effort", "escalation", "business"]
    assert set(by_level[Maturity.STARTER]) < set(by_level[Maturity.GROWING]) < set(by_level[Maturity.ADVANCED])
    assert len(by_level[Maturity.ADVANCED]) == 15


def test_quantity_and_quality_stand_side_by_side(web: Any, keep_days: Any) -> None:
    keep_days(60)
    page = words(web.admin().get("/"))

    assert "Confirmed solved 30.0 % 26.5 to 33.8 % 37.5 % 33.3 to 41.9 % 180" in page
    assert "Kept by the bot 80.0 % 76.6 to 83.0 % 100 % 480" in page
    assert "Handed over 20.0 %" in page
    assert "Customer effort Lagging" in page
    assert "Escalation rate and timing Leading" in page
    assert "No change shown" in page
    assert "Target of month 1: 5.15. Not reached: 4.90 since your first 30 days ended." in page
    assert "Shown for a growing team" in page


def test_little_is_not_shown_as_a_number(web: Any, keep_days: Any) -> None:
    keep_days(1)
    page = words(web.admin().get("/"))

    assert "not enough data, 10 of 20" in page
    assert "1 of 30 have passed" in page
    assert "%" not in page.split("Kept by the bot", 1)[1].split("Shown for a", 1)[0]
    assert "Shown for a starter team" in page
    assert "1 of 30 days since the first conversation" in page
    assert "10 of 200 conversations of the bot in the last 90 days" in page


def test_a_change_is_named_where_chance_does_not_explain_it(web: Any, keep_days: Any) -> None:
    keep_days(60, better_from=30)
    page = words(web.admin().get("/"))

    assert "Confirmed solved Better" in page
    assert "Better than in the account's first 30 days" in page
    assert "Reached, beyond chance." in page
    assert "whoever answered. The outcome “Came back” is only of those that the bot kept." in page


@pytest.mark.parametrize("path", ["/", "/figures/intent_recognition"])
def test_a_sample_out_of_one_week_is_told_and_set_beside_nothing(web: Any, keep_days: Any, path: str) -> None:
    keep_days(120)
    with web.parts.database.begin() as session:
        goals.set_maturity(session, Maturity.ADVANCED, now=web.clock())
    some = list(days(30, first=date(2026, 3, 2)))
    known = {"intent_corrected": "login", "intent_read": "login", "intent_reported": "other"}
    intents = [replace(fact, conversation=f"i{n}", **known) for n, fact in enumerate(some)]
    keep(web, web.installation("intercom", account="two"), intents[:44])
    page = words(web.admin().get(path))
    assert "Uneven sample All 44 are from one week (week of 2 Mar 2026): it tells of what happened then" in page
    assert ("Intent recognised, bot" in page) is (path != "/"), "the overview sets no other number beside it"


def test_links_carry_the_filters(web: Any, keep_days: Any) -> None:
    keep_days(60)
    page = web.admin().get("/?brand=north&days=30").get_data(as_text=True)

    assert 'href="/figures/effort?days=30&amp;brand=north&amp;value=mean"' in page
    assert 'href="/figures/containment?days=30&amp;brand=north&amp;value=class&amp;of=likely' in page


def test_no_bot_no_containment(web: Any) -> None:
    installation_id = web.installation("zendesk")
    keep(web, installation_id, [one for one in days(40) if one.containment == "human_only"])
    page = words(web.admin().get("/"))

    assert "No conversation with a bot on these days" in page


def test_a_manager_chooses_the_level_and_the_targets(web: Any, keep_days: Any) -> None:
    keep_days(60)
    manager = web.signed_in(web.person("manager"))
    assert "Intent recognition accuracy" not in words(manager.get("/"))

    web.post(manager, "/goals", form_on="/", maturity="advanced", effort="12", escalation="5", containment="")
    with web.parts.database.read() as session:
        assert (goals.maturity(session), dict(goals.steps(session))) == (Maturity.ADVANCED, {"effort": 0.12})
    page = words(manager.get("/"))
    assert "Context preservation" in page
    assert "Somebody here chose this. Your data would suggest growing ." in page
    assert 'name="effort" type="number" min="0.1" max="100" step="0.1" value="12.0"' in manager.get("/").text

    web.post(manager, "/goals", form_on="/", maturity="suggested", effort="")
    with web.parts.database.read() as session:
        assert (goals.maturity(session), dict(goals.steps(session))) == (None, {})
    done = [entry[1:3] for entry in web.audited()]
    assert done == [
        ("set maturity", "advanced"), ("set target", "effort"), ("set maturity", "suggested"), ("set target", "effort")
    ]  # fmt: skip


@pytest.mark.parametrize("step", ["0", "-3", "101", "much", "nan", "inf"])
def test_a_target_that_is_none_changes_nothing(web: Any, keep_days: Any, step: str) -> None:
    keep_days(60)
    client = web.admin()
    web.post(client, "/goals", form_on="/", maturity="advanced", effort=step)

    assert "Nothing was changed" in words(client.get("/"))
    assert [entry[1] for entry in web.audited()] == ["sign in"]
    assert web.post(client, "/goals", form_on="/", maturity="perfect").status_code == 400


def test_who_sees_a_part_does_not_decide_for_all(web: Any, keep_days: Any) -> None:
    own = keep_days(60)
    part = web.signed_in(web.person("manager", only=[own]))
    page = part.get("/")
    assert "Change the level" not in words(page)
    assert web.post(part, "/goals", form_on="/account", maturity="advanced").status_code == 403
    viewer = web.signed_in(web.person("viewer", email="v@example.com"))
    assert "Change the level" not in words(viewer.get("/"))
    assert "Shown for a growing team" in words(viewer.get("/"))


def test_what_needs_a_look_is_told_first(web: Any, seed: Any, shapes: Any) -> None:
    seed(state=State.DEAD, error="the helpdesk says no")
    seed(shapes.told("7"), state=State.NEW, due_at=web.clock())
    page = words(web.admin().get("/"))

    assert "1 given up 1 waiting" in page
    assert "the helpdesk says no" in page


def test_a_year_goes_by_month(web: Any, keep_days: Any) -> None:
    keep_days(60)
    page = words(web.admin().get("/?days=365"))

    assert "by month" in page
    assert "by week" not in page


def test_two_filters_are_not_compared_with_the_beginning(web: Any, keep_days: Any, monkeypatch: Any) -> None:
    keep_days(60)
    monkeypatch.setattr("service.web.view.ONE_BY_ONE", 100)
    page = words(web.admin().get("/?brand=north&channel=email"))

    assert "nothing is compared with the account's beginning" in page
    assert "than at first" not in page


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_somebody_looks_around_states_prices_and_asks_what_if(
    web: Any, keep_days: Any, chromium: Any, look: tuple[str, str]
) -> None:
    keep_days(60)
    with signed_in(chromium, web, look) as (visitor, address):

        def narrow_enough() -> None:
            visitor.wait_for_load_state()
            assert visitor.locator("h1").count() == 1
            assert visitor.evaluate("document.documentElement.scrollWidth <= innerWidth"), visitor.url

        narrow_enough()
        visitor.click("text=Change the level and the monthly targets")
        visitor.select_option("select[name=maturity]", "advanced")
        visitor.click("button:has-text('Save')")
        preserved = visitor.locator("h3", has_text="Context preservation")
        if "phone" in look:  # What the later levels add is folded up; the first figures are not.
            assert visitor.locator("h3", has_text="Customer effort").is_visible()
            assert not preserved.is_visible()
            visitor.click("summary:has-text('Where to look when it does not')")
        preserved.wait_for()
        narrow_enough()
        visitor.click(".over-classes >> text=Likely solved")
        assert "/figures/containment" in visitor.url

        visitor.goto(f"{address}/outcomes")
        narrow_enough()
        visitor.fill("[name=bot_conversation]", "0.5")
        visitor.fill("[name=human_conversation]", "8")
        visitor.fill("[name=agent_minutes]", "15")
        visitor.click("button:has-text('Save prices')")
        assert "Saved" in visitor.inner_text("main")
        visitor.focus("#lever-quality")
        visitor.keyboard.press("End")
        visitor.click("button:has-text('Compute')")
        assert "quality=30" in visitor.url
        assert "+30 points" in visitor.inner_text(".over-levers")
        assert visitor.locator(".over-effects tbody tr").count() == 5
        narrow_enough()
        visitor.emulate_media(media="print")
        assert not visitor.locator(".over-levers button").is_visible()
