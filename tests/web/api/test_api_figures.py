"""Figures over the API: what the catalogue says, and lists that hold exactly what the numbers count."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fact_samples import facts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.figures.beside import Beside
from service.figures.catalogue import ALL_FIGURES
from service.figures.fact import Fact
from service.figures.tally import tally
from service.reports import behind as figure_behind
from service.reports.behind import behind
from service.reports.counter import MORE_THAN_COUNTS, Wanted
from service.reports.figures import Question
from service.store import conversations
from service.store.facts import Judged, save
from service.store.models import Installation

START = date(2026, 2, 1)


@pytest.fixture
def keep(web: Any) -> Callable[[list[Fact]], str]:
    """Stores facts, one a conversation, on days one after the other; the installation's id."""
    installation_id: str = web.installation("zendesk")

    def kept(given: list[Fact]) -> str:
        now = web.clock()
        with web.parts.database.begin() as session:
            row = session.get_one(Installation, installation_id)
            judged = []
            for number, fact in enumerate(given):
                row_id = conversations.announce(session, row, fact.conversation, at=now, now=now)
                judged.append(Judged(row_id, installation_id, "2", (fact,), START + timedelta(days=number % 5)))
            session.flush()
            save(session, judged, now=now)
        return installation_id

    return kept


def samples() -> list[Fact]:
    """Forty facts of all kinds, the same in every run."""
    found: list[list[Fact]] = []

    @settings(max_examples=1, phases=[Phase.generate], derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.lists(facts, min_size=40, max_size=40, unique_by=lambda fact: fact.conversation))
    def draw(given_facts: list[Fact]) -> None:
        found.append(given_facts)

    draw()
    return found[0]


def test_the_catalogue(api: Any) -> None:
    items = api.get("/figures")["items"]
    assert [each["name"] for each in items] == [each.name for each in ALL_FIGURES]


def test_every_figure_answers_without_any_data(api: Any) -> None:
    for each in ALL_FIGURES:
        found = api.get(f"/figures/{each.name}")
        assert (found["name"], found["definitions"]) == (each.name, "2")
        assert [cell["of"] for cell in found["cells"]] == [None]


def test_every_figure_is_what_its_tally_says(api: Any, keep: Any) -> None:
    given_facts = samples()
    keep(given_facts)
    counted = tally(given_facts)
    for each in ALL_FIGURES:
        found = api.get(f"/figures/{each.name}?since=2020-01-01&until=2026-12-31")
        ours = {(v.name, v.of): v.n for v in each.compute(counted, Beside())}
        theirs = {(v["name"], v["of"]): v["n"] for cell in found["cells"] for v in cell["values"]}
        assert {key: theirs.get(key) for key in ours if key[0] != "trend"} == {
            key: n for key, n in ours.items() if key[0] != "trend"
        }


def test_cuts_filters_and_days(api: Any, keep: Any) -> None:
    keep(
        [
            Fact(helpdesk="zendesk", account="acme", conversation=str(n), episode=1, definitions="2",
                 bot_took_part=True, day=f"2026-02-{1 + n % 10:02}", channel=("email", "web")[n % 2],
                 containment="likely")
            for n in range(40)
        ]
    )  # fmt: skip

    def contained(query: str) -> list[tuple[str, str | None, int]]:
        cells = api.get(f"/figures/containment?{query}")["cells"]
        return [(cell["start"], cell["of"], cell["values"][0]["n"]) for cell in cells]

    assert contained("") == [("2025-11-13", None, 40)]
    assert contained("dimension=channel") == [("2025-11-13", "email", 20), ("2025-11-13", "web", 20)]
    assert contained("by=week") == [("2026-01-26", None, 4), ("2026-02-02", None, 28), ("2026-02-09", None, 8)]
    assert contained("since=2026-02-03&until=2026-02-04") == [("2026-02-03", None, 8)]
    assert contained("filter=channel%3Demail&filter=brand%3D") == [("2025-11-13", None, 20)]
    assert contained("installation=zendesk") == contained("")
    assert contained("definitions=1")[0][2] == 0
    answer = api.get("/figures/containment?filter=brand%3D")
    assert (answer["filters"], answer["since"], answer["until"]) == ({"brand": None}, "2025-11-13", "2026-02-10")


def test_the_list_behind_every_value_is_what_it_counts(api: Any, keep: Any) -> None:
    given_facts = samples()
    installation_id, counted = keep(given_facts), tally(given_facts)
    with api.web.parts.database.read() as session:
        for each in ALL_FIGURES:
            found = api.get(f"/figures/{each.name}?since=2020-01-01&until=2026-12-31")
            question = Question(date(2020, 1, 1), date(2027, 1, 1), (each,))
            alone = {(v.name, v.of) for v in each.compute(counted, Beside())}
            for value in found["cells"][0]["values"]:
                if (value["name"], value["of"]) not in alone:
                    continue  # Rests on gaps or months, not on the conversations of the range.
                wanted = Wanted(value["name"], value["of"])
                page = behind(session, question, [installation_id], wanted, after=None, limit=100)
                if value["name"].rpartition(".")[2] in MORE_THAN_COUNTS:
                    assert page is None, (each.name, value)
                    continue
                assert page is not None, (each.name, value)
                assert page.next is None
                assert sum(item.n for item in page.items) == value["n"], (each.name, value)
                if value["hits"] is not None:
                    assert sum(item.hits for item in page.items) == value["hits"], (each.name, value)


@pytest.mark.parametrize("web", ["sqlite", "postgres"], indirect=True)
def test_a_list_goes_on_after_a_part_without_any(api: Any, keep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/figures/containment/conversations?value=class&of=likely&hits=true&since=2020-01-01&until=2026-12-31"
    keep(samples())
    whole = api.pages(path, limit=200)
    monkeypatch.setattr(figure_behind, "LOOKED_AT", 3)
    assert api.pages(path, limit=2) == whole


@pytest.mark.parametrize("web", ["sqlite", "postgres"], indirect=True)
def test_the_list_over_the_api(api: Any, keep: Any) -> None:
    keep(samples())
    days = "since=2020-01-01&until=2026-12-31"
    values = api.get(f"/figures/containment?{days}")["cells"][0]["values"]
    contained = next(value for value in values if value["name"] == "contained")
    every = api.pages(f"/figures/containment/conversations?value=contained&{days}", limit=3)
    assert len(every) == contained["n"]
    assert len({item["conversation"] for item in every}) == contained["n"]
    assert [item["day"] for item in every] == sorted((item["day"] for item in every), reverse=True)
    hits = api.pages(f"/figures/containment/conversations?value=contained&hits=true&{days}", limit=3)
    assert len(hits) == contained["hits"]
    quality = next(value for value in values if (value["name"], value["of"]) == ("class", "likely"))
    likely = api.pages(f"/figures/containment/conversations?value=class&of=likely&hits=true&{days}")
    assert len(likely) == quality["hits"]
    assert "text" not in json.dumps(every)
    email = api.pages(f"/figures/containment/conversations?value=contained&filter=channel%3Demail&{days}")
    none = api.pages(f"/figures/containment/conversations?value=contained&filter=channel%3D&{days}")
    chat = api.pages(f"/figures/containment/conversations?value=contained&filter=channel%3Dmessaging&{days}")
    assert len(email) + len(none) + len(chat) == contained["n"]
    own = api.pages(f"/figures/containment/conversations?value=contained&filter=account%3Dacme&{days}")
    assert len(own) == contained["n"]
    assert api.pages(f"/figures/containment/conversations?value=contained&installation=zendesk&{days}") == [
        *api.pages(f"/figures/containment/conversations?value=contained&{days}")
    ]


def test_values_that_are_none_of_conversations_have_no_list(api: Any) -> None:
    body = api.get("/figures/containment/conversations?value=colour", status=404)
    assert "no such value" in body["detail"]
