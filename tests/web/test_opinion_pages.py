"""Agreeing and disagreeing on a conversation's page: one form each, and what follows at once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.card_document import card_document
from service.document import from_document
from service.scoring.definitions import VERDICTS
from service.scoring.score import Evidence, Policy, Score
from service.scoring.scorecard import judged_episodes
from service.store import disputes, facts, forgetting, former_opinions
from service.store.figure_models import FactRow, Review
from service.store.models import Conversation, Installation, Scorecard, WriteState
from service.store.opinion_models import Source
from service.store.results import save_cards


@pytest.fixture
def counted(web: Any, seed: Any, shapes: Any) -> str:
    """A scored conversation with its fact; our id of it."""
    others = {name: Score(None) for name in VERDICTS if name not in ("containment", "context_repeat", "repeat_contact")}
    card = shapes.scored(shapes.told(), **others)
    row_id: str = seed(shapes.told(), card)
    with web.parts.database.begin() as session:
        row = session.get_one(Conversation, row_id)
        pieces = judged_episodes(from_document(row.document), Policy())
        facts.save(session, [facts.judged(row, [card], pieces, now=web.clock())], now=web.clock())
    return row_id


def say(web: Any, client: Any, row_id: str, path: str = "opinion", **given: str) -> Any:
    fields = {"score": "context_repeat", "episode": "1", **given}
    return web.post(client, f"/c/{row_id}/{path}", form_on=f"/c/{row_id}", **fields)


def fact(web: Any, row_id: str) -> dict[str, Any]:
    with web.parts.database.read() as session:
        return dict(session.scalars(select(FactRow.fact).where(FactRow.conversation_id == row_id)).one())


def shown(client: Any, row_id: str) -> str:
    return str(client.get(f"/c/{row_id}").get_data(as_text=True))


def test_disagreeing_changes_page_list_figures_and_api_and_can_be_taken_back(web: Any, counted: str) -> None:
    client = web.signed_in(web.person("reviewer"))
    answer = say(web, client, counted, verdict="preserved", why="The agent <only> confirmed it.")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/c/{counted}#score-of-context_repeat"

    page = shown(client, counted)
    assert "Deskmark itself said <strong>Asked again</strong>" in page
    assert "<strong>You</strong>: Preserved" in page
    assert "The agent &lt;only&gt; confirmed it." in page
    assert (fact(web, counted)["context"], fact(web, counted)["re_asks"]) == ("preserved", 0)
    assert "Asked again" not in client.get("/conversations").get_data(as_text=True).split("<tbody>")[1]
    assert counted in client.get("/conversations?verdict=context_repeat.preserved").get_data(as_text=True)
    assert counted not in client.get("/conversations?verdict=context_repeat.repeated").get_data(as_text=True)
    with web.parts.database.read() as session:
        card = session.scalars(select(Scorecard)).one()
    assert card.card["scores"]["context_repeat"]["verdict"] == "repeated", "what Deskmark said stays"
    assert "give opinion" in [entry[1] for entry in web.audited()]

    say(web, client, counted, path="opinion/take-back")
    assert fact(web, counted)["context"] == "repeated"
    assert "Deskmark itself said" not in shown(client, counted)
    assert "You had no opinion" not in shown(client, counted)
    say(web, client, counted, path="opinion/take-back")
    assert "You had no opinion on it." in shown(client, counted)


def test_agreeing_makes_it_certain(web: Any, counted: str) -> None:
    client = web.signed_in(web.person("reviewer"))
    say(web, client, counted, verdict="repeated")
    page = shown(client, counted)
    assert "decided by a person" in page
    assert "Take my opinion back" in page
    with web.parts.database.read() as session:
        (review,) = session.scalars(select(Review))
        assert (review.source, review.blind, review.drawn, review.verdict) == ("page", False, None, "repeated")
        card = session.scalars(select(Scorecard)).one()
    assert card.stands["scores"]["context_repeat"]["confidence"] == 1.0
    assert card.stands["scores"]["context_repeat"]["evidence"], "the proof stays"


def test_reviewers_who_contradict_each_other_leave_it_to_deskmark(web: Any, counted: str) -> None:
    first, second, third = (
        web.signed_in(web.person("reviewer", email=f"{name}@example.com")) for name in ("ada", "bob", "cyd")
    )
    say(web, first, counted, verdict="preserved")
    say(web, second, counted, verdict="repeated")
    page = shown(third, counted)
    assert "Reviewers contradict each other" in page
    assert page.count("<strong>Another reviewer</strong>") == 2
    assert fact(web, counted)["context"] == "repeated"
    say(web, third, counted, verdict="preserved")
    assert fact(web, counted)["context"] == "preserved"


@pytest.mark.parametrize(
    "given",
    [
        {"verdict": "nonsense"},
        {"verdict": "repeated", "episode": "2"},
        {"verdict": "satisfied", "score": "satisfaction"},
        {"verdict": "x", "score": "unheard_of"},
        {"verdict": "repeated", "episode": "x"},
    ],
)
def test_what_cannot_be_is_refused(web: Any, counted: str, given: dict[str, str]) -> None:
    assert say(web, web.admin(), counted, **given).status_code == 400


def test_a_conversation_that_is_not_there(web: Any, counted: str) -> None:
    client = web.admin()
    for path in ("opinion", "opinion/take-back"):
        fields = {"score": "effort", "verdict": "low", "episode": "1"}
        assert web.post(client, f"/c/nothere/{path}", form_on=f"/c/{counted}", **fields).status_code == 404


def test_viewers_are_refused_and_a_form_without_its_token_too(web: Any, counted: str) -> None:
    viewer = web.signed_in(web.person("viewer"))
    assert viewer.post(f"/c/{counted}/opinion", data={"score": "effort"}).status_code == 403
    assert web.admin().post(f"/c/{counted}/opinion", data={"score": "effort"}).status_code == 403


def test_an_intent_is_chosen_from_the_catalog_or_the_read_one_agreed_with(web: Any, seed: Any, shapes: Any) -> None:
    intent = Score("an old name", 0.4, 0.4, "Near it.")
    row_id = seed(shapes.told(), shapes.scored(shapes.told(), intent=intent))
    client = web.admin()
    assert say(web, client, row_id, score="intent", verdict="an old name").status_code == 302
    assert say(web, client, row_id, score="intent", verdict="novel").status_code == 302
    assert say(web, client, row_id, score="intent", verdict="never heard").status_code == 400


def test_tags_on_the_ticket_follow_only_where_writing_is_on(web: Any, seed: Any, counted: str) -> None:
    def there(**columns: Any) -> None:
        with web.parts.database.begin() as session:
            row = session.get_one(Conversation, counted)
            row.there = {
                "tags": ["dm__context__repeated"], "fields": {}, "notes": [], "writable": "full", "version": "1"
            }  # fmt: skip
            row.write_state, row.written_at = WriteState.WRITTEN, web.clock()
            installation = session.get_one(Installation, row.installation_id)
            installation.writing = columns["writing"]

    client = web.admin()
    there(writing=False)
    say(web, client, counted, verdict="preserved")
    assert counted not in web.queue.conversations
    with web.parts.database.read() as session:
        row = session.get_one(Conversation, counted)
        assert (row.write_state, row.write_due_at) == (WriteState.WRITTEN, None)
        assert row.plan["remove_tags"] == ["dm__context__repeated"], "kept as a plan"
    there(writing=True)
    say(web, client, counted, verdict="preserved")
    assert web.queue.conversations == [counted]
    with web.parts.database.read() as session:
        row = session.get_one(Conversation, counted)
        assert (row.write_state, row.write_due_at) == (WriteState.PENDING, web.clock())


def test_an_agents_dispute_is_shown_and_settled_by_a_review(web: Any, counted: str) -> None:
    with web.parts.database.begin() as session:
        row = session.get_one(Conversation, counted)
        disputes.raise_one(session, row, Source.TAG, now=web.clock())
        disputes.raise_one(session, row, Source.PANEL, now=web.clock(), by="7", why="It was <their> choice.")
    client = web.admin()
    page = shown(client, counted)
    assert "An agent disagrees, by the dispute tag on the ticket" in page
    assert "It was &lt;their&gt; choice." in page
    assert page.count("Nobody has looked yet") == 2
    say(web, client, counted, verdict="repeated")
    assert shown(client, counted).count("A reviewer has looked since") == 2


def test_effort_is_counted_along_the_way_and_the_moment_is_marked(web: Any, seed: Any, shapes: Any) -> None:
    needed = {"timing": "late", "warranted_at": "m0", "turns_late": 2}
    effort = Score("high", 2.0, 0.8, "Hard.", (Evidence("m1", "Orders take", "first useful answer"),))
    card = shapes.scored(
        shapes.told(), effort=effort, escalation=Score("warranted", 60.0, 0.8, "Needed.", details=needed)
    )
    page = shown(web.admin(), seed(shapes.told(), card))
    for words in ("message 1", "first useful answer", "asked for again (1)"):
        assert f"Effort so far: </span>{words}" in page
    assert "A human was needed from here: it took 2 more bot turns" in page


def test_older_definitions_name_what_differs(web: Any, seed: Any, shapes: Any) -> None:
    card = shapes.scored(shapes.told(), escalation=Score("warranted"))
    old = replace(card, definitions="1", scores={**card.scores, "containment": Score("human_only")})
    row_id = seed(shapes.told(), card)
    with web.parts.database.begin() as session:
        save_cards(session, row_id, [card_document(old)], now=web.clock() - timedelta(days=1))
    page = shown(web.admin(), row_id)
    assert "Older definitions (1)" in page
    assert "<strong>Outcome</strong>: Human only then, Escalated now" in page


def test_nobody_says_that_a_bot_wrote_where_none_did(web: Any, seed: Any, shapes: Any) -> None:
    alone = shown(web.admin(), seed(shapes.told(), shapes.scored(shapes.told(), containment=Score("human_only"))))
    assert 'Disagree<span class="hidden"> with Outcome' not in alone
    assert 'Agree<span class="hidden"> with Outcome' in alone
    other = shown(web.admin(), seed(shapes.told(), shapes.scored(shapes.told(), containment=Score("likely"))))
    assert 'value="confirmed"' in other
    assert 'value="human_only"' not in other


def test_what_no_form_offers_is_refused_in_words(web: Any, seed: Any, shapes: Any) -> None:
    client = web.admin()
    alone = seed(shapes.told(), shapes.scored(shapes.told(), containment=Score("human_only")))
    answer = say(web, client, alone, score="containment", verdict="likely")
    assert answer.status_code == 400
    assert "Outcome cannot be “Likely solved” here: that a bot wrote, or none, is seen" in answer.get_data(as_text=True)
    assert say(web, client, alone, score="containment", verdict="human_only").status_code == 302

    told = shapes.told("with a bot")
    other = seed(told, shapes.scored(told, containment=Score("likely"), repeat_contact=Score("pending")))
    assert say(web, client, other, score="containment", verdict="human_only").status_code == 400
    given = {"v.containment": "human_only", "what": "save"}
    refused = web.post(client, f"/reviews/{other}", form_on=f"/c/{other}", **given)
    assert (refused.status_code, "Nothing is saved" in refused.get_data(as_text=True)) == (400, True)
    assert 'value="human_only"' not in client.get(f"/reviews/{other}").get_data(as_text=True)
    assert "cannot be judged “Window open” by a person" in say(
        web, client, other, score="repeat_contact", verdict="pending"
    ).get_data(as_text=True)
    assert "has no episode 7" in say(web, client, other, verdict="low", score="effort", episode="7").get_data(
        as_text=True
    )
    assert "knows no such verdict" in say(web, client, other, verdict="x", score="effort").get_data(as_text=True)


def test_a_changed_mind_is_told_and_the_earlier_opinion_stays_in_the_history(web: Any, counted: str) -> None:
    client = web.signed_in(web.person("reviewer"))
    said_at = web.clock()
    say(web, client, counted, verdict="repeated", why="Asked twice.")
    say(web, client, counted, verdict="preserved", why="No, <confirmed>.")
    page = shown(client, counted)
    told = f"Context: you changed your opinion of {said_at:%H:%M} from “Asked again” to “Preserved”."
    assert told in page, "a second tab does not replace it in silence"
    assert "Earlier opinions (1)" in page
    assert "Asked twice." in page
    other = web.signed_in(web.person("reviewer", email="bo@example.com"))
    assert re.search(r"Another reviewer, [^Y]*: <strong>Asked again</strong>", shown(other, counted), re.DOTALL)

    say(web, client, counted, verdict="preserved")
    page = shown(client, counted)
    assert "Context: your opinion is kept." in page
    assert "No, &lt;confirmed&gt;." in page, "the same verdict without a word takes no words away"
    assert "Earlier opinions (1)" in page
    say(web, client, counted, verdict="preserved", why="Read it once more.")
    assert "“Preserved”: only its reason" in shown(client, counted)
    say(web, client, counted, path="opinion/take-back")
    page = shown(client, counted)
    assert "Earlier opinions (3)" in page
    assert "<strong>You</strong>" not in page
    with web.parts.database.begin() as session:
        forgetting.drop_texts(session, counted, now=web.clock())
    page = shown(client, counted)
    assert "Earlier opinions (3)" in page
    assert "Read it once more." not in page
    with web.parts.database.begin() as session:
        forgetting.drop_all(session, counted, now=web.clock())
        assert former_opinions.of_conversation(session, counted) == []


def test_too_long_a_reason_is_refused_with_every_word_of_it(web: Any, counted: str) -> None:
    client = web.signed_in(web.person("reviewer"))
    why = "word " * 400 + "<the end>"
    answer = say(web, client, counted, verdict="preserved", why=why)
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "It has 2,009 characters; at most 2,000 can be kept, so nothing is saved yet." in page
    assert "&lt;the end&gt;</textarea>" in page
    assert re.search(r'name="verdict" value="preserved" required checked><strong>Preserved', page)
    assert 'value="repeated" required><strong>Asked again' in page, "the verdict can still be changed"
    assert "<strong>You</strong>" not in shown(client, counted)
    assert say(web, client, counted, verdict="preserved", why=why[:2000]).status_code == 302
