"""What to do next: chosen by how many conversations a week it concerns, told with its number, done behind its link."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from insight_facts import keep
from outcome_facts import days
from weeks import Weeks

from service.store import figure_alerts
from service.store.models import Conversation, State
from service.store.opinion_models import Dispute, Source

FIRST = date(2026, 1, 1)
LAST = FIRST + timedelta(days=39)


@pytest.fixture
def shop(web: Any) -> str:
    """Forty days of conversations up to `LAST`; the installation's id."""
    installation_id: str = web.installation("zendesk")
    keep(
        web, installation_id, [replace(one, gap="none" if one.bot_took_part else None) for one in days(40, first=FIRST)]
    )
    return installation_id


@pytest.fixture
def weeks(web: Any) -> Weeks:
    return Weeks(web.parts.database, LAST + timedelta(days=1))


@pytest.fixture
def told(web: Any) -> Callable[..., list[tuple[str, str, str]]]:
    """The steps on the overview of a person with this role: what to do, why, and where."""

    def telling(role: str = "admin", query: str = "") -> list[tuple[str, str, str]]:
        client = web.admin() if role == "admin" else web.signed_in(web.person(role, email=f"{role}@example.com"))
        page = client.get(f"/{query}").text
        part = page.partition('id="next"')[2].partition("</section>")[0]
        found = re.findall(r'<li><a href="([^"]+)">(.*?)</a> <span class="muted">(.*?)</span>', part, re.DOTALL)
        return [(html.unescape(does), html.unescape(why), html.unescape(address)) for address, does, why in found]

    return telling


def alarm(web: Any, installation_id: str, figure: str = "escalated", day: date = LAST) -> None:
    seen = {"day": day.isoformat(), "days": 1, "value": 0.61, "n": 80, "expected": 0.3, "p_up": 0.0001, "p_down": 1.0}
    with web.parts.database.begin() as session:
        figure_alerts.announce(
            session, (installation_id, figure), kind="alarm", direction="up", day=day, key=f"{figure}{day}",
            now=web.clock(), seen=seen,
        )  # fmt: skip


def asked(daily: int, count: int = 28) -> dict[date, int]:
    return {LAST - timedelta(days=number): daily for number in range(count)}


def test_nothing_is_made_up_where_nothing_stands_out(web: Any, shop: str, told: Any) -> None:
    assert told() == []
    assert "Nothing stands out: no open alert" in web.admin().get("/").text


def test_the_most_conversations_a_week_come_first(web: Any, shop: str, weeks: Weeks, told: Any) -> None:
    weeks.gap(shop, "refund, card", asked(2))
    weeks.gap(shop, "invoice, year", asked(1))
    avoidable = [replace(one, conversation=f"s{one.conversation}", escalation="avoidable", had_answer="article:Returns")
                 for one in days(20, first=LAST - timedelta(days=19)) if one.containment == "escalated"]  # fmt: skip
    keep(web, shop, avoidable)

    (gap, why, address), (spared, often, list_of), *_ = told()
    assert (gap, address) == ("Give the gap “refund, card” an owner", "/gaps/1#do")
    assert why == "Asked about 14 times a week; open for 47 days, and nobody's work."
    assert spared == "Make the article “Returns” clearer: the bot answered from it and handed over anyway"
    assert often.startswith("About 10 handoffs a week")
    assert list_of == "/escalations/answer?key=article:Returns"

    alarm(web, shop)
    steps = told()
    assert [does for does, _, _ in steps] == ["Look at the open alert", gap, spared]
    assert steps[0][1].endswith("Nobody has answered it.")
    assert steps[0][2] == "/alerts/1"


def test_several_alerts_lead_to_their_list(web: Any, shop: str, told: Any) -> None:
    alarm(web, shop, day=LAST - timedelta(days=3))
    alarm(web, shop, "volume")

    ((does, why, address),) = told()
    assert (does, address) == ("Look at the open alerts", "/alerts")
    assert why.endswith("The newest of 2 that wait.")


def test_answered_alerts_and_assigned_or_rare_gaps_are_no_steps(web: Any, shop: str, weeks: Weeks, told: Any) -> None:
    alarm(web, shop)
    with web.parts.database.begin() as session:
        row = figure_alerts.get(session, 1)
        figure_alerts.answer(session, row, figure_alerts.HANDLED[0], by="Ada", now=web.clock())
    weeks.gap(shop, "refund, card", asked(3), audience="content")
    weeks.gap(shop, "gift, box", asked(1, count=3))

    assert told() == []


def test_a_fix_that_is_watched_is_no_step_but_one_that_failed_is(web: Any, shop: str, weeks: Weeks, told: Any) -> None:
    weeks.gap(shop, "parcel, lost", asked(4), fixed=LAST)
    assert told() == []

    weeks.gap(shop, "voucher, code", asked(2, count=39), fixed=LAST - timedelta(days=12), audience="content")
    ((does, why, _),) = told()
    assert does == "Look again at gap “voucher, code”"
    assert "its fix did not last" in why


def test_prices_say_what_a_gap_cost(web: Any, shop: str, weeks: Weeks, told: Any) -> None:
    weeks.gap(shop, "refund, card", asked(1))
    web.post(web.admin(), "/outcomes/prices", form_on="/outcomes", bot_conversation="0.5", human_conversation="6",
             agent_message="0", agent_minutes="",
             currency="EUR")  # fmt: skip

    assert told()[0][1].endswith("It cost 14.00 EUR in four weeks.")


def test_whoever_may_not_read_sees_no_words_of_customers(web: Any, shop: str, weeks: Weeks, told: Any) -> None:
    weeks.gap(shop, "refund, card", asked(1))

    ((does, _, address),) = told("viewer")
    assert (does, address) == ("Give the gap 1 an owner", "/gaps/1")


def test_a_figure_surely_behind_its_target_is_a_step(web: Any, shop: str, told: Any) -> None:
    last = (one for n in range(4) for one in days(10, first=LAST - timedelta(days=9)))
    worse = (replace(one, containment="unresolved") if one.containment == "confirmed" else one for one in last)
    keep(web, shop, [replace(one, conversation=f"m{place}") for place, one in enumerate(worse)])

    ((does, why, address),) = told()
    assert does == "Find out why “Answered right” is behind"
    assert re.fullmatch(r"56\.0 % since your first 30 days ended, this month's target is 84\.0 %\. The distance is "
                        r"about 98 conversations a week\.", why)  # fmt: skip
    assert address == "/figures/response_accuracy?value=accuracy#by"


def test_reviews_come_last_and_only_for_reviewers(web: Any, shop: str, told: Any, shapes: Any, seed: Any) -> None:
    seed.installations["zendesk"] = shop
    seed(shapes.told("7"), state=State.SCORED, ended_at=web.clock() - timedelta(days=5))
    row_id = seed(shapes.told("8"), state=State.SCORED)
    with web.parts.database.begin() as session:
        given = session.get_one(Conversation, getattr(row_id, "id", row_id))
        session.add(
            Dispute(conversation_id=given.id, source=Source.TAG, installation_id=given.installation_id,
                    at=web.clock(), why=None, by=None, settled_at=None)
        )  # fmt: skip

    ((does, why, address),) = told("reviewer")
    assert (does, address) == ("Look at what agents dispute", "/reviews")
    assert why.startswith("In 1 conversation an agent calls a verdict wrong")
    assert told("viewer") == []


def test_parts_and_the_past_have_no_steps(web: Any, shop: str, told: Any) -> None:
    alarm(web, shop)

    assert told(query="?brand=north") == told(query=f"?until={LAST - timedelta(days=1)}") == []
    assert len(told(query="?helpdesk=zendesk&days=30")) == 1
    assert 'id="next"' not in web.admin().get("/?brand=north").text
