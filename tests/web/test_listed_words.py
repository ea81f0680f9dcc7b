"""What lists say beside a number: how the conversation begins for those who may read it, what it is about for others;
and what of their address they could not use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from page_words import words
from sqlalchemy import event

from service.conversation import Author, Event, EventKind, Message, Role
from service.reports.agreement import tables
from service.reports.first_words import first_words
from service.scoring.score import Score
from service.store import forgetting
from service.web.agreement import Section
from service.web.chips import chips


def talk(shapes: Any, *said: str, number: str = "4711", **given: Any) -> Any:
    told = shapes.told(number)
    at = told.opened_at
    messages = tuple(Message(f"m{n}", Author(Role.CUSTOMER, "c"), text, at=at) for n, text in enumerate(said))
    return replace(told, messages=messages, **given)


def test_lists_say_how_a_conversation_begins_to_those_who_may_read(web: Any, seed: Any, shapes: Any) -> None:
    told = talk(shapes, "Hello there!", "My card 4111 1111 1111 1111 was <b>charged</b> twice")
    row_id = seed(told, shapes.scored(told, intent=Score("double_charge")))
    reader = web.signed_in(web.person("reviewer"))
    page = reader.get("/conversations").get_data(as_text=True)
    assert "My card (card) was &lt;b&gt;charged&lt;/b&gt; twice" in page
    assert "Hello there" not in page
    assert web.audited()[-1][1:3] == ("look at texts", "conversations")
    looks = len(web.audited())

    viewer = web.signed_in(web.person("viewer", email="viewer@example.com"))
    page = words(viewer.get("/conversations"))
    assert "charged" not in page
    assert "About: Double charge" in page
    assert not any(entry[1] == "look at texts" for entry in web.audited()[looks:])

    with web.parts.database.begin() as session:
        forgetting.drop_texts(session, row_id, now=web.clock())
    page = words(reader.get("/conversations"))
    assert "charged" not in page
    assert "Zendesk 4711" in page


def test_the_words_of_all_rows_come_in_one_query(web: Any, seed: Any, shapes: Any) -> None:
    wanted = []
    for number in range(5):
        told = talk(shapes, f"Where is my tent number {number}?", number=str(number))
        wanted.append((seed(told), 1))
    odd = seed(talk(shapes, "gone", number="odd"), document={"not": "a conversation"})
    silent = seed(talk(shapes, "  ", number="silent"))
    asked = []
    with web.parts.database.read() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        found = first_words(session, [*wanted, (odd, 1), (silent, 1), ("nothere", 1)])
    assert len(asked) == 1
    assert list(found) == wanted
    assert found[wanted[0]].startswith("Where is my tent")


def test_a_later_episode_begins_with_its_own_words(web: Any, seed: Any, shapes: Any) -> None:
    told = shapes.told()
    first, *rest = told.messages
    again = replace(first, id="m9", text="It is still not here, " + "very " * 40 + "sad", at=rest[-1].at)
    told = replace(told, messages=(*told.messages, again), events=(Event("r", EventKind.REOPENED, again.at),))
    row_id = seed(told)
    with web.parts.database.read() as session:
        found = first_words(session, [(row_id, 1), (row_id, 2), (row_id, 3)])
    assert found[row_id, 2].startswith("It is still not here, very")
    assert found[row_id, 2].endswith("…")
    assert found[row_id, 1] != found[row_id, 2] == found[row_id, 3]


def test_what_a_list_cannot_use_of_its_address_is_told(web: Any, seed: Any) -> None:
    seed()
    client = web.admin()
    page = words(
        client.get("/conversations?channel=fax&colour=red&verdict=xyz&helpdesk=fax&state=odd&written=x&page=-2")
    )
    for told in (
        "This list cannot be filtered by “channel”", "The pages of figures are filtered by it",
        "This list cannot be filtered by “colour”", "There is no verdict “xyz”, so nothing is filtered by it.",
        "There is no helpdesk “fax”, so nothing is filtered by it. Known are: intercom, zendesk",
        "There is no state “odd”", "There is no state of writing “x”",
        "There is no page “-2”. Shown is the first.",
    ):  # fmt: skip
        assert told in page
    assert "Zendesk 4711" in page
    assert "There is no" not in words(client.get("/conversations?verdict=containment.likely&q=&page=1"))
    assert "The list ends before this page" in words(client.get("/conversations?page=77"))
    assert "There is no page “two”" in words(client.get("/conversations?page=two"))


def test_an_earlier_return_is_a_chip_of_the_list() -> None:
    def card(verdict: str) -> dict[str, Any]:
        told = {"verdict": "not_returned", "details": {"episodes": [{"episode": 1, "verdict": verdict}]}}
        return {"episode": 2, "scores": {"repeat_contact": told}}

    assert [chip.words.label for chip in chips(card("returned"))] == ["Came back after episode 1"]
    assert chips(card("not_returned")) == []


def test_what_is_agreed_on_most_is_said_only_where_intervals_are_apart() -> None:
    def said(outcome: int, effort: int) -> str:
        counts = {
            ("containment", "likely", "likely"): outcome, ("containment", "likely", "unclear"): 100 - outcome,
            ("effort", "low", "low"): effort, ("effort", "low", "high"): 100 - effort,
        }  # fmt: skip
        return Section("random", "Drawn by lot", "", tables(counts)).in_short

    assert said(90, 85) == "Which of these is agreed on most cannot be told yet: the intervals overlap."
    assert said(95, 50).startswith("More often the same on Outcome, 95.0 % (")
    assert ", than on Effort, 50.0 % (" in said(95, 50)
    assert Section("random", "", "", tables({("effort", "low", "low"): 40})).in_short == ""
