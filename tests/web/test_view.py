"""What a dashboard's address means: days, filters, what cannot be used, and links that carry it all along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from flask import g, get_template_attribute, render_template_string, request
from werkzeug.datastructures import MultiDict

from service.figures.catalogue import figure
from service.figures.fact import Fact
from service.reports.figures import answers
from service.store import conversations
from service.store.facts import Judged, save
from service.store.figures import Period
from service.store.models import Installation
from service.web.given import NONE
from service.web.view import Choice, View

LAST = date(2026, 2, 20)


@pytest.fixture
def kept(web: Any) -> str:
    """Forty conversations of 20 days, by two brands and no brand; the installation's id."""
    installation_id: str = web.installation("zendesk")
    now = web.clock()
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation_id)
        judged = []
        for number in range(40):
            day = LAST - timedelta(days=number // 2)
            fact = Fact(helpdesk="zendesk", account="acme", conversation=str(number), episode=1, definitions="2",
                        bot_took_part=True, containment="likely", brand=("north", "south", None, "")[number % 4],
                        channel="email", day=day.isoformat())  # fmt: skip
            row_id = conversations.announce(session, row, fact.conversation, at=now, now=now)
            judged.append(Judged(row_id, installation_id, "2", (fact,), day))
        session.flush()
        save(session, judged, now=now)
    return installation_id


@pytest.fixture
def looking(web: Any) -> Callable[..., Any]:
    """A view of an address, within a request of somebody who sees `reach`; with its session."""

    @contextmanager
    def look(address: str = "/conversations", reach: tuple[str, ...] | None = None) -> Any:
        with web.app.test_request_context(address), web.parts.database.read() as session:
            g.reach = reach
            yield View.of(request.args, session), session

    return look


def test_ninety_days_up_to_the_latest_with_data(looking: Any, kept: str) -> None:
    with looking() as (view, _):
        assert (view.since, view.last, view.days) == (LAST - timedelta(days=89), LAST, 90)
        assert (view.latest, view.faults, view.args(), view.period) == (LAST, (), {}, Period.WEEK)
    with looking(reach=()) as (view, session):
        assert view.latest is None
        assert view.choices(session) == ()


@pytest.mark.parametrize(
    ("query", "since", "until", "args"),
    [
        ("days=7", "2026-02-14", "2026-02-20", {"days": "7"}),
        ("since=2026-02-01", "2026-02-01", "2026-02-20", {"since": "2026-02-01", "until": "2026-02-20"}),
        ("since=2026-03-01", "2026-03-01", "2026-03-01", {"since": "2026-03-01", "until": "2026-03-01"}),
        ("until=2026-02-10&days=7", "2026-02-04", "2026-02-10", {"since": "2026-02-04", "until": "2026-02-10"}),
        ("since=&until=&brand=&by=", "2025-11-23", "2026-02-20", {}),
    ],
)
def test_days(looking: Any, kept: str, query: str, since: str, until: str, args: Mapping[str, str]) -> None:
    with looking(f"/conversations?{query}") as (view, _):
        assert (f"{view.since}", f"{view.last}", view.args()) == (since, until, args)
        assert view.faults == ()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("days=8", "Days can be 7, 30, 90, 365"),
        ("since=yesterday", "“yesterday” is no day"),
        ("since=2026-02-10&until=2026-02-01", "lies after the last"),
        ("since=1066-10-14&until=2026-02-01", "More than three years"),
        ("until=0001-01-01", "Nothing is counted before 2026-02-01"),
        ("since=0001-01-01", "Shown are 2023-02-19 to 2026-02-20"),
        ("until=9999-12-31", "The last day, 9000-01-01, lies ahead. Shown are days up to 2026-02-20."),
        ("since=2026-03-03", "The first day, 2026-03-03, lies ahead. Shown are 90 days up to the last."),
        ("since=2995-01-01&days=7", "The first day, 2995-01-01, lies ahead."),
        ("since=2026-03-01&until=2995-01-01", "Shown are days up to 2026-03-01"),
        ("by=hour", "not by “hour”"),
        ("brand=north&brand=south", "Brand is asked for 2 times"),
        ("brand=" + "x" * 201, "Brand cannot be"),
        ("brand=%00", "Brand cannot be"),
        ("helpdesk=freshdesk", "There is no helpdesk “freshdesk”"),
        ("installation=someone", "There is no account “someone”"),
    ],
)
def test_what_cannot_be_used_is_told_and_left_out(looking: Any, kept: str, query: str, told: str) -> None:
    with looking(f"/conversations?{query}") as (view, session):
        assert [told in fault for fault in view.faults] == ([True] if told else [])
        assert view.filters == {}
        assert answers(view.question(figure("containment")), view.source(session))


def test_filters_travel_and_count(looking: Any, kept: str) -> None:
    query = f"?brand=north&channel=email&installation={kept}&by=day&days=30"
    with looking(f"/conversations{query}") as (view, session):
        assert view.args() == {
            "days": "30", "by": "day", "brand": "north", "channel": "email", "installation": kept
        }  # fmt: skip
        assert view.args(brand=None, days=7, by="week") == {
            "days": "7", "by": "week", "channel": "email", "installation": kept
        }  # fmt: skip
        assert View.of(MultiDict(view.args()), session) == view
        assert [(chip.label, chip.value) for chip in view.chips()] == [
            ("Account", "acme (Zendesk)"), ("Brand", "north"), ("Channel", "email")
        ]  # fmt: skip
        (answer,) = answers(view.question(figure("containment")), view.source(session))
        assert answer.cells[0].values[0].n == 10
    with looking("/conversations?since=2026-02-01&until=2026-02-20") as (view, _):
        assert view.args(days=7) == {"days": "7"}


def test_what_has_no_value(looking: Any, kept: str) -> None:
    with looking(f"/conversations?brand={NONE}") as (view, session):
        assert view.filters == {"brand": None}
        (answer,) = answers(view.question(figure("containment")), view.source(session))
        assert answer.cells[0].values[0].n == 20
        assert [chip.value for chip in view.chips()] == ["none"]


def test_choices_are_what_the_days_hold(looking: Any, web: Any, kept: str) -> None:
    with looking("/conversations?channel=fax") as (view, session):
        (brand, channel) = view.choices(session)
        assert brand.options == (("north", "north"), ("south", "south"), (NONE, "none"))
        assert (channel.options, channel.chosen) == ((("email", "email"),), "fax")
    other = web.installation("intercom", account="other")
    with looking() as (view, session):
        assert [choice.name for choice in view.choices(session)] == ["helpdesk", "installation", "brand"]
    with looking(f"/conversations?installation={other}", reach=(kept,)) as (view, session):
        assert view.faults
        assert view.source(session).installation_ids == (kept,)
        assert [choice.name for choice in view.choices(session)] == ["brand"]


def test_the_form_says_what_was_chosen(looking: Any, kept: str) -> None:
    page = '{% import "filters.html" as f with context %}{{ f.filters(view, view.choices(s), {"value": "x"}, true) }}'
    with looking("/conversations?brand=north&channel=fax&since=2026-02-01&by=day&days=nope") as (view, session):
        assert get_template_attribute("filters.html", "filters") is not None
        html = render_template_string(page, view=view, s=session)
    assert 'aria-label="Remove the filter Brand north"' in html
    assert '<option value="north" selected>' in html
    assert '<option value="fax" selected>fax</option>' in html
    assert 'name="since" value="2026-02-01"' in html
    assert '<input type="hidden" name="value" value="x">' in html
    assert "Days can be" in html


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("brand=nord", "No conversation on these days has the brand “nord”. Known are: north, south, none."),
        ("channel=fax&days=7", "has the channel “fax”. Known are: email."),
        ("bot=anna", "has the bot “anna”. Known are: none."),
        ("channel=email", ""),
        ("brand=(none)", ""),
        ("channel=fax&until=2025-01-01", "has the channel “fax”. None has any."),
    ],
)
def test_a_value_that_nothing_has_is_told_with_those_that_there_are(
    looking: Any, kept: str, query: str, told: str
) -> None:
    with looking(f"/conversations?{query}") as (view, session):
        said = [choice.unknown for choice in view.choices(session) if choice.unknown]
        assert [told in each for each in said] == ([True] if told else [])


def test_of_very_many_values_one_may_be_there_all_the_same() -> None:
    many = Choice("intent", "Intent", (("refund", "refund"), ("login", "login")), "tax", 300, "tax")

    assert many.unknown == "If nothing is shown, no conversation has the intent “tax”: it is not among the 2 most used."


@pytest.mark.parametrize(
    "query", ["since=2995-01-01", "until=0001-01-01", "channel=fax", "since=2026-02-09&until=2026-02-05"]
)
@pytest.mark.parametrize(
    "path", ["/", "/figures", "/figures/containment", "/outcomes", "/escalations", "/handoffs", "/confidence"]
)
def test_no_page_breaks_on_odd_addresses_and_each_says_what_it_did(web: Any, kept: str, path: str, query: str) -> None:
    answer = web.admin().get(f"{path}?{query}")

    assert (answer.status_code, answer.text.count('class="flash flash-error" role="alert"')) == (200, 1)
