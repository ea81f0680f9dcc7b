"""Pages of figures: what stands for each, how it goes, and lists that hold exactly what the numbers count."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from browsing import LOOKS, signed_in
from flask import g

from service.figures.catalogue import ALL_FIGURES, figure
from service.figures.fact import Fact
from service.figures.words import HEADLINES, LABELS, called
from service.reports.figures import answers
from service.store import conversations, goals, improvements
from service.store.facts import Judged, save
from service.store.gap_models import ImprovementKind
from service.store.models import Installation
from service.web import figures as pages
from service.web import view as views
from service.web.view import View

FIRST, DAYS = date(2026, 1, 1), 70


def fact(number: int, day: date) -> Fact:
    """Six a day: one is handed over; of the others more are solved in the second half."""
    late = (day - FIRST).days > DAYS // 2
    kind = "escalated" if number % 6 == 0 else "confirmed" if number % 6 < (5 if late else 2) else "unresolved"
    escalated = kind == "escalated"
    return Fact(
        helpdesk="zendesk", account="acme", conversation=str(number), episode=1, definitions="2", day=day.isoformat(),
        bot_took_part=True, handed_off=escalated, containment=kind, channel=("email", "web")[number % 2],
        brand=("north", "=south")[number % 3 == 0], intent=f"intent {number % 4}", effort="low", effort_value=5.5,
        escalation="warranted" if escalated else "not_needed", handoff_seconds=60.0 * number if escalated else None,
        reason="loop" if escalated else None, first_reply=30.0 if escalated else None,
    )  # fmt: skip


@pytest.fixture
def kept(web: Any) -> str:
    """Seventy days of six conversations each; the installation's id."""
    installation_id: str = web.installation("zendesk")
    now = web.clock()
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation_id)
        judged = []
        for number in range(6 * DAYS):
            day = FIRST + timedelta(days=number // 6)
            one = fact(number, day)
            row_id = conversations.announce(session, row, one.conversation, at=now, now=now)
            judged.append(Judged(row_id, installation_id, "2", (one,), day))
        session.flush()
        save(session, judged, now=now)
    return installation_id


@pytest.fixture
def page(web: Any) -> Callable[..., str]:
    """Asks for a page as somebody and gives its text."""

    def ask(address: str, role: str = "admin", status: int = 200) -> str:
        client = web.signed_in(web.person(role, email=f"{role}-{len(address)}-{abs(hash(address))}@example.com"))
        answer = client.get(address)
        assert answer.status_code == status, answer.text
        return str(answer.text)

    return ask


def test_all_figures_by_level_with_the_values_that_stand_for_them(page: Any, kept: str) -> None:
    html = page("/figures")
    for each in ALL_FIGURES:
        assert html.count(f'href="/figures/{each.name}"') == 1
    assert html.index("Containment quality") < html.index("Escalation accuracy") < html.index("Novel intent")
    assert "83.3 %" in html
    assert "Of those it kept: confirmed solved" in html


def test_before_anything_is_counted_the_pages_teach(page: Any) -> None:
    assert "Nothing is counted yet" in page("/figures")
    for each in ALL_FIGURES:
        html = page(f"/figures/{each.name}")
        assert ("Nothing is counted yet" in html) or ("not enough data" in html) or ("no number" in html), each.name


@pytest.mark.parametrize("name", [each.name for each in ALL_FIGURES])
def test_every_figure_has_its_page(page: Any, kept: str, name: str) -> None:
    html = page(f"/figures/{name}?by=week")
    assert f"<h1>{figure(name).title}" in html
    assert "Definitions version 2" in html
    assert figure(name).kind.value.capitalize() in html


def test_an_unknown_figure_is_not_there(page: Any) -> None:
    page("/figures/happiness", status=404)
    page("/figures/happiness/values.csv", status=404)


def test_how_a_value_goes(page: Any, kept: str, web: Any) -> None:
    with web.parts.database.begin() as session:
        improvements.improved(session, kept, ImprovementKind.BOT_RELEASED, "bot:2", title="Release <2>",
                              at=datetime(2026, 2, 6, 9, tzinfo=UTC), now=web.clock())  # fmt: skip
        goals.set_step(session, "containment", 0.2, now=web.clock())
    html = page("/figures/containment?value=quality&of=confirmed")
    assert "Better than in the account&#39;s first 30 days (1 Jan to 30 Jan 2026): 20.0 % then" in html
    assert "It improves from week to week" in html
    assert "Target of month 2: 28.8 %. Reached, beyond chance." in html
    assert "6 Feb 2026: bot released: Release &lt;2&gt;" in html
    assert ">baseline 20.0 %<" in html
    assert ">target 28.8 %<" in html
    assert "Quantity and quality side by side" in html
    assert html.count('<svg class="chart chart-stacked"') == 1


def test_the_same_release_on_several_helpdesks_is_one_event(page: Any, kept: str, web: Any) -> None:
    other = web.installation("intercom", account="other")
    at = datetime(2026, 2, 6, 9, tzinfo=UTC)
    with web.parts.database.begin() as session:
        for where, titles in ((kept, ("Everywhere", "Here")), (other, ("Everywhere",))):
            for title in titles:
                kind = ImprovementKind.ARTICLE_PUBLISHED
                improvements.improved(session, where, kind, title, title=title, at=at, now=web.clock())
    html = page("/figures/containment")
    assert "<span>6 Feb 2026: article published: Everywhere</span>" in html
    assert "<span>6 Feb 2026: article published: Here (acme (Zendesk))</span>" in html
    assert html.count('<circle class="event-mark"') == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("until=2026-01-20", "The days shown are not after those"),
        ("value=human_only", "It cannot be told whether the difference is chance"),
        ("value=window_open", "No change shown against the account&#39;s first 30 days"),
        ("value=claim_held", "there is nothing to compare with"),
        ("brand=nobody", "not enough data, 0 of 20"),
        ("value=nonsense", "There is no such value on these days"),
        ("dimension=nonsense&after=nonsense", "Choose what to break"),
    ],
)
def test_what_cannot_be_said_is_said_in_words(page: Any, kept: str, query: str, said: str) -> None:
    assert said in page(f"/figures/containment?{query}")


def test_a_young_account_says_how_much_of_its_beginning_is_there(page: Any, web: Any) -> None:
    installation_id = web.installation("zendesk")
    with web.parts.database.begin() as session:
        row = session.get_one(Installation, installation_id)
        row_id = conversations.announce(session, row, "1", at=web.clock(), now=web.clock())
        session.flush()
        save(session, [Judged(row_id, installation_id, "2", (fact(1, FIRST),), FIRST)], now=web.clock())
    html = page("/figures/containment")
    assert "are not over: 1 of 30." in html
    assert "not enough data, 1 of 20" in html


def test_a_breakdown_names_its_parts(page: Any, kept: str) -> None:
    html = page("/figures/escalation?dimension=channel")
    assert 'aria-current="true">Channel</a>' in html
    assert re.search(r"<text[^>]*>email</text>", html)
    assert "cannot be broken down" in page("/figures/knowledge_gaps?value=open&dimension=channel")


def test_the_list_is_the_number(page: Any, kept: str, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LISTED", 40)
    address = "/figures/escalation?hits=1"
    numbers: list[str] = []
    while address:
        html = page(address)
        numbers += re.findall(r'class="row-title" href="/c/\w+">(\d+)</a>', html)
        found = re.search(r'rel="next" href="([^"]+)#conversations"', html)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(set(numbers)) == len(numbers) == DAYS
    assert f"{DAYS} of them" in page("/figures/escalation")
    assert "yes" in page("/figures/escalation_accuracy?value=precision")


def test_every_number_of_every_page_is_its_list(kept: str, web: Any) -> None:
    """What the page lists is made by the same call with the same question as the number beside it."""
    checked = 0
    with web.app.test_request_context("/figures"), web.parts.database.read() as session:
        g.reach = None
        view = View.of(pages.request.args, session)
        for each in ALL_FIGURES:
            (answer,) = answers(view.question(each), view.source(session))
            for value in answer.cells[0].values:
                asked = pages.Asked((value.name, value.of), None, only_hits=False, after=None)
                n = hits = 0
                while True:
                    listed = pages._listed(session, view, each, asked)
                    if listed is None:
                        break
                    n += sum(line.item.n for line in listed.lines)
                    hits += sum(line.item.hits for line in listed.lines)
                    if listed.next is None:
                        assert (n, hits) == (value.n, value.hits or 0), (each.name, value)
                        checked += 1
                        break
                    asked = pages.Asked(asked.name, None, only_hits=False, after=pages._place(listed.next))
    assert checked > 60


def test_who_may_not_read_sees_the_list_without_links(page: Any, kept: str) -> None:
    assert "row-title" in page("/figures/escalation", "reviewer")
    html = page("/figures/escalation", "viewer")
    assert "row-title" not in html
    assert "Conversations behind it" in html


def test_verdicts_stand_beside_each_conversation(web: Any, seed: Any, page: Any) -> None:
    row_id = seed()
    with web.parts.database.begin() as session:
        installation_id = seed.installations["zendesk"]
        save(session, [Judged(row_id, installation_id, "2", (fact(6, FIRST),), FIRST)], now=web.clock())
    assert "Asked again" in page("/figures/escalation")


def test_values_as_csv_run_nothing(page: Any, web: Any, kept: str) -> None:
    client = web.signed_in(web.person("viewer"))
    answer = client.get("/figures/training_data/values.csv?brand==south&days=365")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="training_data.csv"'
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["figure"] == "Training data quality"
    assert {row["definitions"] for row in rows} == {"2"}
    answer = client.get("/figures/response_accuracy/values.csv")
    assert not [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row if cell[:1] in "=+@" and cell]


def test_two_filters_are_counted_over_fewer_days_and_say_so(
    page: Any, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ONE_BY_ONE", 60)
    html = page("/figures/containment?brand=north&channel=web")
    assert "shown are only the days since 2 Mar 2026" in html
    assert "baseline" not in html
    assert "since=" not in html
    assert "shown are only the days since 2 Mar 2026" in page("/figures/containment?brand=north&dimension=channel")
    assert "only the days" not in page("/figures/containment?brand=north&dimension=brand")
    monkeypatch.setattr(views, "ONE_BY_ONE", 100_000)
    assert "only the days" not in page("/figures/containment?brand=north&channel=web&since=2026-02-01")


def test_every_value_that_stands_for_a_figure_has_words() -> None:
    for name, headlines in HEADLINES.items():
        assert figure(name)
        for value, _ in headlines:
            assert value.rpartition(".")[2] in LABELS[name], (name, value)


def test_every_value_that_there_is_has_words(kept: str, web: Any) -> None:
    with web.app.test_request_context("/figures"), web.parts.database.read() as session:
        g.reach = None
        view = View.of(pages.request.args, session)
        for each in ALL_FIGURES:
            (answer,) = answers(view.question(each), view.source(session))
            for value in answer.cells[0].values:
                assert "_" not in called(each.name, value), (each.name, value.name)
                assert value.name.rpartition(".")[2] in LABELS[each.name], (each.name, value)


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_somebody_filters_looks_behind_and_goes_on(web: Any, kept: str, chromium: Any, look: tuple[str, str]) -> None:
    with signed_in(chromium, web, look) as (visitor, address):
        visitor.goto(f"{address}/figures")
        visitor.click("text=Escalation rate and timing")
        assert visitor.inner_text(".figure-value strong") == "16.7 %"
        visitor.click("summary:has-text('Filter')")
        visitor.select_option("select[name=brand]", "north")
        visitor.click(".view-more button[type=submit]")
        assert "brand=north" in visitor.url
        assert "north" in visitor.inner_text(".view-chip")
        visitor.click("[aria-label='Break down by'] >> text=Channel")
        assert "brand=north" in visitor.url
        assert visitor.locator(".chart-bars").count() == 1
        visitor.click(".view-chip a")
        assert "brand" not in visitor.url
        assert "dimension=channel" in visitor.url
        visitor.click("text=Show only the 70 that count")
        assert visitor.locator("#conversations tbody tr").count() == 25
        visitor.click("text=Older")
        assert visitor.locator("#conversations tbody tr").count() == 25
        label = visitor.locator(".chart-trend .axis.x text:visible").first.bounding_box()
        assert label is not None
        assert 8 < label["height"] < 30, "letters that nobody can read, or that shout"
        assert visitor.locator("h1").count() == 1
        visitor.emulate_media(media="print")
        assert not visitor.locator(".view-presets").first.is_visible()
