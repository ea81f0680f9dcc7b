"""The pages: everything a customer wrote is escaped, every verdict shows its proof, every button does its work."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from page_words import words
from sqlalchemy import select

from service.conversation import Event, EventKind
from service.scoring.score import Evidence, Score
from service.store.models import Delivery, DeliveryState, Installation, State, Writeback, WriteState


def delivered(web: Any, installation: str, number: int = 1, **given: Any) -> int:
    values: dict[str, Any] = {
        "key": f"key-{number}", "event": "ticket.status_changed", "signal": "ended", "external_id": "4711",
        "received_at": web.clock(), "state": DeliveryState.ACCEPTED, "outcome": "", "attempts": 0,
    }  # fmt: skip
    with web.parts.database.begin() as session:
        row = Delivery(installation_id=installation, **{**values, **given})
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("/", "Connect your helpdesk"),
        ("/conversations", "No helpdesk is connected"),
        ("/deliveries", "No helpdesk is connected"),
        ("/installations", "No helpdesk is connected"),
    ],
)
def test_an_empty_service_says_what_to_do_next(page: str, told: str, web: Any) -> None:
    answer = web.admin().get(page)

    assert answer.status_code == 200
    assert told in words(answer)


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("/", "No conversation scored yet"),
        ("/conversations", "No conversation yet"),
        ("/deliveries", "No webhook has arrived"),
        ("/conversations?verdict=containment.returned", "Nothing fits these filters"),
        ("/deliveries?state=dead", "Nothing fits these filters"),
    ],
)
def test_a_connected_service_without_work_says_what_to_look_at(page: str, told: str, web: Any) -> None:
    web.installation("zendesk")

    assert told in words(web.admin().get(page))


def test_the_overview_shows_trouble(database_url: str, make_web: Any, seed: Any) -> None:
    seed.web = web = make_web(database_url)
    seed()
    page = words(web.admin().get("/"))
    assert "Nothing is counted under these definitions yet" in page
    assert "Needs a look" not in page

    seed(state=State.DEAD, error="the helpdesk says no")
    page = words(web.admin().get("/"))
    assert "1 given up" in page


def test_trouble_is_shown_beside_what_works(web: Any, seed: Any, shapes: Any) -> None:
    seed()
    seed(shapes.told("8"), write_state=WriteState.DEAD, write_error="field dm_effort does not exist")
    page = words(web.admin().get("/"))

    assert "Needs a look" in page
    assert "field dm_effort does not exist" in page


def test_conversations_are_listed_with_their_verdicts_and_filtered(
    database_url: str, make_web: Any, seed: Any, shapes: Any
) -> None:
    seed.web = web = make_web(database_url)
    seed()
    solved = shapes.told("5", helpdesk="intercom")
    seed(solved, shapes.scored(solved, containment=Score("confirmed"), context_repeat=Score("preserved")))
    seed(shapes.told("6"), state=State.DEAD, write_state=WriteState.NOT_WRITABLE, error="gave up")
    client = web.admin()

    def listed(query: str) -> set[str]:
        page = client.get(f"/conversations?{query}").get_data(as_text=True)
        return set(re.findall(r'class="row-title" href="[^"]+">\w+ (\d+)<', page))

    assert listed("") == {"4711", "5", "6"}
    assert listed("verdict=containment.confirmed") == {"5"}
    assert listed("verdict=context_repeat.repeated") == {"4711", "6"}
    assert listed("verdict=nonsense.x") == {"4711", "5", "6"}
    assert listed("helpdesk=intercom") == {"5"}
    assert listed("state=dead") == {"6"}
    assert listed("written=not_writable") == {"6"}
    assert listed("q=4711") == {"4711"}
    page = words(client.get("/conversations"))
    assert "Context Asked again" in page
    assert "Preserved" not in page.split("Ended", 1)[1]
    assert "gave up" in page


def test_a_conversation_that_is_not_scored_says_its_state(web: Any, seed: Any) -> None:
    row_id = seed(state=State.NEW)
    with web.parts.database.begin() as session:
        session.execute(Installation.__table__.update().values(writing=False))
        session.connection().exec_driver_sql("DELETE FROM scorecard")
    client = web.admin()

    assert "Waiting to be read" in words(client.get("/conversations"))
    assert client.get(f"/c/{row_id}").status_code == 200


def test_lists_have_pages(web: Any, seed: Any) -> None:
    seed()
    for number in range(35):
        delivered(web, seed.installations["zendesk"], number)
    client = web.admin()

    first, second = (client.get(f"/deliveries?page={n}").get_data(as_text=True) for n in (1, 2))

    assert first.count("Replay<span") == 30
    assert second.count("Replay<span") == 5
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev"' in second
    assert client.get("/deliveries?page=nonsense").status_code == 200


def test_one_conversation_shows_the_proof_where_it_stands(
    database_url: str, make_web: Any, seed: Any, shapes: Any
) -> None:
    seed.web = web = make_web(database_url)
    row_id = seed()
    answer = web.admin().get(f"/c/{row_id}")
    page = answer.get_data(as_text=True)

    # The quote is found although white space in the message differs, and it links to the score and back.
    marked = re.search(
        r'<mark class="passage tone-bad" id="(proof-\d+)">Hello! What is\n  your order number\?</mark>', page
    )
    assert marked is not None
    assert f'href="#{marked[1]}"' in page
    assert "Already given here , asked for again" in words(answer)
    assert 'href="#message-1">(given here)' in page
    told = words(answer)
    assert "Handed over to a human by the bot to tier 1" in told
    assert "Internal note" in told
    assert "Attached: receipt.pdf" in told
    assert "marked unhelpful" in told
    assert "bot's confidence 41 %" in told
    assert "asked again once · confidence 93 %" in told
    assert "88% likely the same issue" in told
    assert "conversation 9120" in told
    assert "satisfaction" in told


def test_what_a_customer_wrote_is_never_mark_up(web: Any, seed: Any, shapes: Any) -> None:
    row_id = seed()
    page = web.admin().get(f"/c/{row_id}").get_data(as_text=True)

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>my order</b>" not in page
    assert "<again>" not in page


def test_proof_in_another_conversation_links_to_it(web: Any, seed: Any, shapes: Any) -> None:
    told = shapes.told(account_group="acme")
    later = shapes.told(
        "9120", helpdesk="intercom", account_group="acme", opened_at=told.opened_at + timedelta(hours=5)
    )
    first, second = seed(told), seed(later)
    client = web.admin()

    page = client.get(f"/c/{first}").get_data(as_text=True)
    assert f'(<a href="/c/{second}">Intercom 9120</a>)' in page
    assert "later" in words(client.get(f"/c/{first}")).split("The same customer")[1]
    assert "earlier" in words(client.get(f"/c/{second}")).split("The same customer")[1]


def test_what_was_written_is_shown(web: Any, seed: Any) -> None:
    row_id = seed(written_at=web.clock(), write_error="one field was refused")
    actions = {
        "add_tags": ["dm__context__repeated"], "remove_tags": ["dm__review"],
        "fields": {"dm_effort": 3, "dm_outcome": None},
        "note": {"reference": "9f3a0000-1", "text": "Deskmark: context repeated"},
    }  # fmt: skip
    with web.parts.database.begin() as session:
        for episode, requests in ((1, 1), (2, 3)):
            session.add(
                Writeback(conversation_id=row_id, episode=episode, content_hash=str(episode), actions=actions,
                          requests=requests, sent_at=web.clock())
            )  # fmt: skip
    delivered(web, seed.installations["zendesk"], state=DeliveryState.IGNORED, outcome="our own write")
    page = words(web.admin().get(f"/c/{row_id}"))

    for told in (
        "Added dm__context__repeated", "Removed dm__review", "dm_effort 3", "dm_outcome emptied", "1 request",
        "3 requests", "Deskmark: context repeated", "one field was refused", "Webhooks (1)", "our own write",
    ):  # fmt: skip
        assert told in page


def test_earlier_episodes_and_older_definitions_are_kept_apart(web: Any, seed: Any, shapes: Any) -> None:
    c = shapes.told()
    row_id = seed(c, shapes.scored(c, containment=Score("confirmed")), shapes.scored(c, episode=2))
    page = words(web.admin().get(f"/c/{row_id}"))

    assert "Episode 2 of 2, the latest" in page
    assert "Verdicts of episode 2 of 2, the latest" in page
    assert "Episode 1 of 2" in page
    assert "All verdicts of episode 1, with their proof" in page


def test_a_reopened_conversation_is_told_episode_by_episode(web: Any, seed: Any, shapes: Any) -> None:
    told = shapes.told()
    again = told.messages[-1].at
    reopened = Event("reopened", EventKind.REOPENED, again)
    told = replace(told, events=(*told.events, reopened))
    returned = {"details": {"episodes": [{"episode": 1, "verdict": "returned"}]}}
    cards = [
        shapes.scored(told, containment=Score("returned"), repeat_contact=Score("returned")),
        shapes.scored(
            told, episode=2, containment=Score("human_only"), repeat_contact=Score("not_returned", **returned)
        ),
    ]
    row_id = seed(told, *cards)
    client = web.admin()
    page = client.get(f"/c/{row_id}").get_data(as_text=True)
    first, latest = page.split('<section class="episode')[1:]
    assert "Episode 1 of 2" in first
    assert 'href="#episode-1-containment"' in page.split('<div class="talk')[0], "reached from the top of the page"
    assert 'id="episode-1-containment"' in first
    assert 'id="message-1"' in first
    assert "the latest" in latest
    assert f'id="message-{len(told.messages)}"' in latest
    assert 'id="score-of-containment"' in page.split('<section class="episode')[0], "verdicts come before the messages"
    listed = words(client.get("/conversations"))
    assert "Came back after episode 1" in listed

    unscored = seed(replace(told, id="4712"), shapes.scored(replace(told, id="4712")), state=State.OPEN)
    assert "Not scored yet: it has not ended." in words(client.get(f"/c/{unscored}"))
    assert "the latest is not scored yet" in words(client.get(f"/c/{unscored}"))


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State.OPTED_OUT, "opted out"),
        (State.GONE, "removed on the helpdesk"),
        (State.MERGED, "Merged into another one"),
        (State.MERGED, "merged into another conversation on the helpdesk"),
        (State.NEW, "not been read"),
    ],
)
def test_a_conversation_without_text_says_why(state: str, told: str, web: Any, seed: Any) -> None:
    row_id = seed(state=state, document=None, error="no luck so far", attempts=3)
    page = words(web.admin().get(f"/c/{row_id}"))

    assert told in page
    assert "no luck so far" in page


def test_a_conversation_can_be_scored_again(web: Any, seed: Any) -> None:
    row_id = seed(state=State.DEAD)
    client = web.admin()

    answer = web.post(client, f"/c/{row_id}/again", form_on=f"/c/{row_id}")

    assert answer.headers["Location"] == f"/c/{row_id}"
    assert web.queue.conversations == [row_id]
    assert "read and scored again" in words(client.get(f"/c/{row_id}"))
    assert web.post(client, "/c/nobody/again", form_on=f"/c/{row_id}").status_code == 404


def test_a_delivery_can_be_replayed(database_url: str, make_web: Any, seed: Any) -> None:
    seed.web = web = make_web(database_url)
    seed()
    number = delivered(web, seed.installations["zendesk"], state=DeliveryState.DEAD, outcome="given up", attempts=8)
    client = web.admin()
    assert "Given up" in words(client.get("/deliveries?state=dead&helpdesk=zendesk"))

    answer = web.post(client, f"/deliveries/{number}/replay", form_on="/deliveries")

    assert answer.status_code == 302
    assert web.queue.deliveries == [number]
    with web.parts.database.read() as session:
        row = session.scalars(select(Delivery)).one()
    assert (row.state, row.attempts) == (DeliveryState.RECEIVED, 0)
    assert web.post(client, "/deliveries/999/replay", form_on="/deliveries").status_code == 404


def test_definitions_name_every_verdict_and_tag(web: Any) -> None:
    page = words(web.admin().get("/definitions"))

    for told in ("Outcome", "Abandoned", "Asked again", "dm__context__repeated", "dm__ignore"):
        assert told in page


def test_errors_are_pages_in_plain_words(web: Any) -> None:
    client = web.admin()

    assert "No such conversation" in words(client.get("/c/unknown"))
    assert client.get("/c/unknown").status_code == 404
    assert 'href="/gaps">All gaps</a>' in client.get("/gaps/4711").get_data(as_text=True)
    assert "There is no knowledge gap behind this address" in words(client.get("/gaps/first"))
    assert "There is a daily, a weekly and a monthly one." in words(client.get("/reports/yearly"))
    assert "No such figure" in words(client.get("/figures/luck"))
    assert "All people" not in words(web.signed_in(web.person("viewer")).get("/people/nobody/at/all"))
    assert "Nothing here" in words(client.get("/nowhere"))
    assert "cannot be used in this way" in words(client.get("/deliveries/1/replay"))
    assert client.get("/installations/connect/freshdesk").status_code == 404


def test_a_database_that_went_away_is_said_so(web: Any) -> None:
    client = web.admin()
    with web.parts.database.begin() as session:
        session.connection().exec_driver_sql("DROP TABLE web_session")

    answer = client.get("/")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "database does not answer" in words(answer)


def test_an_unexpected_error_is_a_page_too(web: Any, seed: Any) -> None:
    row_id = seed(document={"not": "a conversation"})
    web.app.config["PROPAGATE_EXCEPTIONS"] = False

    answer = web.admin().get(f"/c/{row_id}")

    assert answer.status_code == 500
    assert "Something broke" in words(answer)


def test_evidence_without_a_message_of_its_own(web: Any, seed: Any, shapes: Any) -> None:
    c = shapes.told()
    nobody = Evidence(None, "", "handed over, and no person answered")
    row_id = seed(
        c, shapes.scored(c, escalation=Score("missed", 120.0, details={"timing": "never"}, evidence=(nobody,)))
    )

    assert "no person answered" in words(web.admin().get(f"/c/{row_id}"))


def test_every_proof_leads_to_its_words_also_where_several_mark_the_same(seed: Any, shapes: Any) -> None:
    talk = shapes.told()
    silent = replace(talk.messages[0], text="")
    talk = replace(talk, messages=(silent, *talk.messages[1:]))
    same = tuple(Evidence("m4", "Hello! What is your order number?", shows) for shows in ("asks", "asks in vain"))
    cards = shapes.scored(talk, effort=Score("high", 3.0, 0.8, "Hard.", (*same, Evidence("m0", "", "sends a picture"))))
    page = seed.web.admin().get(f"/c/{seed(talk, cards)}").get_data(as_text=True)
    targets = re.findall(r' id="([^"]+)"', page)
    proofs = set(re.findall(r'href="#(proof-\d+)"', page))
    assert len(proofs) == 4, "asked again, and thrice hard"
    assert proofs <= set(targets)
    assert len(targets) == len(set(targets)), "no id stands twice"
