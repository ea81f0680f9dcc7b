"""The review queue, blind second reviews, agreement, suggested thresholds: over real databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service.card_document import card_document
from service.conversation import Event, EventKind
from service.document import from_document
from service.scoring.definitions import VERDICTS
from service.scoring.score import Policy, Score
from service.scoring.scorecard import judged_episodes
from service.store import disputes, facts, opinions, review_queue, reviews
from service.store.figure_models import Review
from service.store.models import Conversation, Installation
from service.store.opinion_models import Source
from service.store.results import save_cards


@pytest.fixture(params=["sqlite", "postgres"])
def web(request: pytest.FixtureRequest, make_web: Any) -> Iterator[Any]:
    url = request.getfixturevalue(f"{request.param}_url")
    return make_web(url, review_share=1.0)


@pytest.fixture
def ended(web: Any, seed: Any, shapes: Any) -> Any:
    """Stores a conversation that ended yesterday, scored, doubted and counted as the workers would; our id."""

    def store(number: str, **scores: Score) -> str:
        at = web.clock() - timedelta(hours=1)
        told = shapes.told(number)
        told = replace(told, closed_at=at)
        rest = {name: Score(None) for name in VERDICTS if name not in ("containment", "context_repeat")}
        card = shapes.scored(told, **{**rest, **scores})
        row_id: str = seed(told, card)
        with web.parts.database.begin() as session:
            opinions.stand(session, row_id, [card], review_confidence=0.6)
            row = session.get_one(Conversation, row_id)
            pieces = judged_episodes(from_document(row.document), Policy())
            facts.save(session, [facts.judged(row, [card], pieces, now=web.clock())], now=web.clock())
        return row_id

    return store


def person(web: Any, name: str, role: str = "reviewer") -> Any:
    return web.signed_in(web.person(role, email=f"{name}@example.com"))


def text(client: Any, path: str) -> str:
    return str(client.get(path).get_data(as_text=True))


def answer(web: Any, client: Any, row_id: str, **given: str) -> Any:
    address = f"/reviews/{row_id}"
    fields = {name.replace("_of_", "."): value for name, value in given.items()}
    return web.post(client, address, form_on=address, **fields)


def test_an_empty_queue_says_what_comes_into_it(web: Any) -> None:
    page = text(web.admin(), "/reviews")
    assert "Nothing waits for you" in page
    assert "100 %" in page
    followed = web.admin().get("/reviews/next")
    assert followed.headers["Location"] == "/reviews"


def test_the_sample_is_reviewed_then_a_second_person_judges_blind(web: Any, ended: Any) -> None:
    row_id = ended("1")
    first, second = person(web, "ada"), person(web, "bob")
    assert "Random sample" in text(first, "/reviews")
    assert first.get("/reviews/next").headers["Location"] == f"/reviews/{row_id}"
    page = text(first, f"/reviews/{row_id}")
    assert "Deskmark: <strong>Asked again</strong>" in page
    done = answer(web, first, row_id, v_of_context_repeat="preserved", why_of_context_repeat="No, confirmed only.")
    assert done.headers["Location"] == "/reviews/next"
    assert "1 of 1" in text(first, "/reviews")
    assert first.get("/reviews/next").headers["Location"] == "/reviews", "nothing left for the first"

    listing = text(second, "/reviews")
    assert "Second review, blind" in listing
    blind = text(second, f"/reviews/{row_id}")
    assert "You see neither their verdicts" in blind
    for word in (
        "Deskmark: ",
        "(Deskmark",
        "confirmed only",
        "asks for the order number",
        "cite",
        "Confidence",
        "passage",
    ):
        assert word not in blind.split("</header>")[1], word
    compared = answer(web, second, row_id, blind="1", v_of_context_repeat="repeated")
    assert compared.headers["Location"] == f"/c/{row_id}?reviewed=1"
    after = text(second, f"/c/{row_id}?reviewed=1")
    assert "Your review is kept" in after
    assert "Reviewers contradict each other" in after
    with web.parts.database.read() as session:
        rows = session.scalars(select(Review).order_by(Review.id)).all()
    assert [(row.verdict, row.blind, row.drawn, row.source) for row in rows] == [
        ("preserved", False, "random", "queue"),
        ("repeated", True, "random", "queue"),
    ]
    third = person(web, "cyd")
    assert "Doubtful" in text(third, "/reviews"), "where reviewers differ a third one is asked"
    assert "Reviewers contradict each other" in text(third, "/reviews")


def test_whoever_has_seen_the_verdicts_is_not_blind_any_more(web: Any, ended: Any) -> None:
    row_id = ended("1")
    first, second = person(web, "ada"), person(web, "bob")
    answer(web, first, row_id, v_of_context_repeat="repeated")
    text(second, f"/c/{row_id}")
    assert "Second review" not in text(second, "/reviews")
    assert "Deskmark: <strong>Asked again</strong>" in text(second, f"/reviews/{row_id}?blind=1")
    answer(web, second, row_id, blind="1", v_of_context_repeat="repeated")
    with web.parts.database.read() as session:
        assert [row.blind for row in session.scalars(select(Review))] == [False, False]


def test_a_first_review_can_be_blind_too(web: Any, ended: Any) -> None:
    row_id = ended("1")
    client = person(web, "ada")
    assert "Deskmark: <strong>" not in text(client, f"/reviews/{row_id}?blind=1")
    empty = web.post(client, f"/reviews/{row_id}", form_on=f"/reviews/{row_id}?blind=1", blind="1")
    assert empty.headers["Location"] == f"/reviews/{row_id}?blind=1", "nothing was chosen"
    fields = {"blind": "1", "v.containment": "escalated"}
    web.post(client, f"/reviews/{row_id}", form_on=f"/reviews/{row_id}?blind=1", **fields)
    with web.parts.database.read() as session:
        assert session.scalars(select(Review)).one().blind


def test_skipping_asks_others_still(web: Any, ended: Any) -> None:
    row_id = ended("1")
    first, second = person(web, "ada"), person(web, "bob")
    assert answer(web, first, row_id, what="skip").headers["Location"] == "/reviews/next"
    assert first.get("/reviews/next").headers["Location"] == "/reviews"
    assert second.get("/reviews/next").headers["Location"] == f"/reviews/{row_id}"


def test_what_agents_dispute_comes_first_and_what_is_doubtful_says_why(web: Any, ended: Any) -> None:
    ended("1")
    disputed = ended("2")
    ended("3", containment=Score("confirmed", 0.9, 0.4), knowledge_gap=Score("gap"))
    with web.parts.database.begin() as session:
        row = session.get_one(Conversation, disputed)
        disputes.raise_one(session, row, Source.PANEL, now=web.clock(), why="It was solved.")
    client = web.admin()
    page = text(client, "/reviews")
    assert "<strong>1</strong> dispute that nobody has looked at" in page
    assert "Outcome: Solved for sure, and yet the bot lacked knowledge." in page
    assert "Outcome: Deskmark is only 40% sure of its verdict." in page
    assert client.get("/reviews/next").headers["Location"] == f"/reviews/{disputed}"
    assert "It was solved." in text(client, f"/reviews/{disputed}")
    answer(web, client, disputed, v_of_containment="escalated")
    with web.parts.database.read() as session:
        assert session.scalars(select(Review.drawn)).one() == "risky", "a dispute is no random draw"
    assert "nobody has looked at" not in text(client, "/reviews")


def test_reviewers_see_their_own_installations_only(web: Any, ended: Any, seed: Any) -> None:
    row_id = ended("1")
    stranger = web.signed_in(web.person("reviewer", email="eve@example.com", only=[]))
    assert "Nothing waits for you" in text(stranger, "/reviews")
    assert stranger.get(f"/reviews/{row_id}").status_code == 404
    viewer = person(web, "vic", "viewer")
    assert viewer.get("/reviews").status_code == 403
    assert viewer.get("/reviews/agreement").status_code == 200


def test_what_has_lost_its_text_cannot_be_reviewed(web: Any, ended: Any) -> None:
    row_id = ended("1")
    with web.parts.database.begin() as session:
        session.get_one(Conversation, row_id).document = None
    client = web.admin()
    assert client.get(f"/reviews/{row_id}").status_code == 404
    assert client.get("/reviews/nothere").status_code == 404
    assert "Nothing waits" in text(client, "/reviews")


def test_agreement_tells_the_sample_from_the_rest(web: Any, ended: Any) -> None:
    first, second = person(web, "ada"), person(web, "bob")
    for number in range(20):
        row_id = ended(str(number), containment=Score("likely" if number % 2 else "unclear", 0.5, 0.9))
        given = "likely" if number % 2 or number == 0 else "unclear"
        answer(web, first, row_id, v_of_containment=given)
        if number < 3:
            text(second, f"/c/{row_id}")
            fields = {"score": "containment", "episode": "1", "verdict": "unresolved"}
            web.post(second, f"/c/{row_id}/opinion", form_on=f"/c/{row_id}", **fields)
    page = text(web.admin(), "/reviews/agreement")
    sample, blind, other, between = page.split('<section class="section"')[1:5]
    assert "95.0 %" in sample
    assert "0.90 (" in sample
    assert "0 of 20" in blind
    assert "not enough data, 3 of 20" in other
    assert "not enough data, 3 of 20" in between
    assert "<caption>Outcome: Deskmark in rows, reviewers in columns</caption>" in sample
    assert "Nothing yet" in text(web.admin(), "/reviews/agreement?channel=phone")
    assert "95.0 %" in text(web.admin(), "/reviews/agreement?channel=messaging&helpdesk=zendesk")


@pytest.fixture
def strict(web: Any, ended: Any) -> str:
    """Forty reviewed conversations whose reviewers call an effort of 3.5 high, which the policy calls medium."""
    row_id = ""
    for number in range(44):
        value = 3.5 if number % 2 else 6.0
        row_id = ended(str(number), effort=Score("medium" if number % 2 else "low", value, 0.8))
        said = "high" if number % 2 else "low"
        with web.parts.database.begin() as session:
            row = session.get_one(Conversation, row_id)
            given = reviews.Said(row.installation_id, row_id, 1, "effort", said, "r1", web.clock(), drawn="random")
            reviews.save(session, [given])
    with web.parts.database.read() as session:
        return str(session.scalars(select(Installation.id)).one())


def test_of_a_reopened_conversation_it_is_said_which_episode_is_judged(web: Any, seed: Any, shapes: Any) -> None:
    told = shapes.told()
    told = replace(told, events=(*told.events, Event("r", EventKind.REOPENED, told.messages[-1].at)))
    row_id = seed(told, shapes.scored(told), shapes.scored(told, episode=2))
    page = text(person(web, "ada"), f"/reviews/{row_id}?blind=1")
    first, latest = page.split('<section class="episode')[1:]
    assert "Not judged here." in first
    assert "its verdicts" not in first
    assert "This is what you judge." in latest
    page = text(person(web, "bob"), f"/reviews/{row_id}")
    assert f'<a href="/c/{row_id}#episode-1">its verdicts' in page


def test_a_threshold_is_suggested_and_set_only_by_an_admin(web: Any, strict: str) -> None:
    admin, manager = web.admin(), person(web, "max", "manager")
    page = text(manager, "/reviews/thresholds")
    assert "<code>high_effort 3.5, low_effort 5</code>" in page
    assert "22 of the last 44 conversations would get another tag." in page
    assert "+50.0 points" in page
    assert "Set it now" not in page
    assert "Not enough data, 0 of 40 reviews of repeat contact." in page
    fields = {"setting": "high_effort low_effort", "to": "high_effort 3.5, low_effort 5"}
    refused = web.post(
        admin, f"/reviews/thresholds/{strict}", form_on="/reviews/thresholds", **{**fields, "to": "other"}
    )
    assert refused.status_code == 302
    assert "something else by now" in text(admin, "/reviews/thresholds")
    web.post(admin, f"/reviews/thresholds/{strict}", form_on="/reviews/thresholds", **fields)
    with web.parts.database.read() as session:
        assert session.get_one(Installation, strict).policy == {"high_effort": 3.5, "low_effort": 5.0}
    assert web.audited()[-1][1:3] == ("change policy", "high_effort, low_effort")
    again = text(admin, "/reviews/thresholds")
    assert "Keep it. On 44 reviews it agrees 100.0 % of the time, and no other setting does better." in again
    assert manager.post(f"/reviews/thresholds/{strict}").status_code == 403
    assert web.post(admin, "/reviews/thresholds/none", form_on="/reviews/thresholds", **fields).status_code == 404


def test_thresholds_without_a_helpdesk(web: Any) -> None:
    assert "No helpdesk is connected" in text(web.admin(), "/reviews/thresholds")


def test_the_same_week_draws_the_same_for_everybody(web: Any, ended: Any) -> None:
    now = web.clock()
    week = opinions.monday(now)
    small, large = (set(review_queue.letters_of(week, share)) for share in (0.05, 0.5))
    assert small < large
    assert review_queue.letters_of(week - timedelta(days=7), 0.05) != review_queue.letters_of(week, 0.05)
    row_id = ended("1")
    assert review_queue.is_drawn(row_id, now, 1.0)
    assert not review_queue.is_drawn(row_id, None, 1.0)


def test_an_older_card_keeps_out_of_the_queue(web: Any, ended: Any, shapes: Any) -> None:
    row_id = ended("1", containment=Score("likely", 0.5, 0.1))
    told = shapes.told("1")
    better = shapes.scored(told, containment=Score("likely", 0.5, 0.9))
    with web.parts.database.begin() as session:
        save_cards(session, row_id, [card_document(better)], now=web.clock())
        opinions.stand(session, row_id, [better], review_confidence=0.6)
    assert "only 10%" not in text(web.admin(), "/reviews")
    assert re.search("Doubtful", text(web.admin(), "/reviews")) is None


@pytest.mark.parametrize("blind", [False, True])
def test_too_long_a_reason_keeps_the_whole_form(web: Any, ended: Any, blind: bool) -> None:
    row_id = ended("1")
    client = person(web, "ada")
    more = {"blind": "1"} if blind else {}
    address = f"/reviews/{row_id}{'?blind=1' if blind else ''}"
    fields = {"v.context_repeat": "preserved", "why.context_repeat": "w" * 2001, **more}
    refused = web.post(client, f"/reviews/{row_id}", form_on=address, **fields)
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert "Nothing is saved yet" in page
    assert "2,001 characters; 2,000 are kept." in page
    assert "w" * 2001 + "</textarea>" in page
    assert re.search(r'value="preserved" checked', page)
    assert ("Deskmark: <strong>" in page) is not blind
    kept = web.post(client, f"/reviews/{row_id}", form_on=address, **{**fields, "why.context_repeat": "w"})
    assert kept.status_code == 302
    web.post(client, f"/reviews/{row_id}", form_on=f"/reviews/{row_id}", **{"v.context_repeat": "repeated"})
    assert "you changed your opinion of" in text(client, "/reviews")
