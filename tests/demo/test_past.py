"""The demo's past: the same for the same day, shaped like a shop's months, and scored by what scores everything."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import delete, func, select

from connectors.intercom.sandbox import Sandbox as IntercomSandbox
from connectors.zendesk.sandbox import Sandbox as ZendeskSandbox
from service.card_document import card_document
from service.conversation import Channel, Conversation, Role
from service.demo import replay as replay_module
from service.demo import run, staff
from service.demo.past import LATEST, past
from service.demo.play import Helpdesk
from service.demo.replay import Replay, lay_down
from service.demo.run import demo_settings
from service.demo.scenes import Course, SceneError, Where, catalog, read_scenes, scenes
from service.demo.story import read_stories
from service.demo.storyline import ARTICLE, COURSES, DAYS, LAUNCH, OUTAGE, RELEASE, first_day
from service.figures.gap_life import GapState
from service.language.intents import IntentCatalog
from service.language.model import MiniLM
from service.reports import gaps as gap_report
from service.reports.history import unread
from service.scoring.score import History
from service.scoring.scorecard import score_conversation
from service.store import backfills, disputes, figure_alerts, improvements, installations, reviews
from service.store.backfill_models import BackfillState
from service.store.database import Database, migrate
from service.store.figure_models import DirtyDay, FactRow, Review
from service.store.models import Conversation as Row
from service.store.models import Scorecard, State, WriteState
from service.store.opinion_models import Drawn
from service.store.proposal_models import IntentProposal
from service.store.report_models import AlertState, FigureAlert, FigureWatched
from tasks import scoring
from tasks.alone import alone

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

TWO_PARTS = """
@ late | 2 | chat mail | worse
S Late
C {Where is|I miss} my parcel <order>?
> delivery status > complaint
B|84 It comes on <day>.
? 0 100
C ok
* 0 100
~ 9 mail
C Where is <order>?
H customer
A It is lost, {sorry|alas}.
""".splitlines()


@pytest.fixture(scope="module")
def told() -> tuple[Conversation, ...]:
    return tuple(past(NOW))


def test_the_same_day_tells_the_same(told: tuple[Conversation, ...]) -> None:
    assert tuple(past(NOW)) == told
    assert tuple(past(NOW + timedelta(days=1)))[:50] != told[:50]
    assert [each.id for each in told] == [str(number) for number in range(1, len(told) + 1)]


def test_months_of_a_shop(told: tuple[Conversation, ...]) -> None:
    assert 1200 < len(told) < 3000
    ended = [each.ended_at for each in told if each.ended_at]
    assert len(ended) == len(told)
    assert max(ended) < NOW - LATEST
    assert min(each.opened_at for each in told if each.opened_at).date() == first_day(NOW.date())
    days = Counter(each.opened_at.weekday() for each in told if each.opened_at)
    assert days[0] > 1.5 * days[6]
    assert {each.helpdesk for each in told} == {"zendesk", "intercom"}
    assert {each.channel for each in told} == {Channel.MESSAGING, Channel.EMAIL, Channel.WEB, Channel.PHONE}
    assert {each.brand for each in told} == {"Fernwood", "Fernwood Outlet"}
    groups = {m.author.group for each in told for m in each.by(Role.AGENT)}
    assert groups == {"customer care", "returns", "billing", "app team"}
    assert {m.author.id for each in told for m in each.by(Role.BOT)} == {"Fern", "Fern Mail"}
    ratings = [each.rating for each in told if each.rating]
    assert {1, 2, 4, 5} == {rating.score for rating in ratings}
    texts = [m.text for each in told for m in each.messages]
    assert not [text for text in texts if set("{}<>|") & set(text) and "<" in text]


def test_the_gap_opens_and_closes_and_the_release_breaks_refunds(told: tuple[Conversation, ...]) -> None:
    first = first_day(NOW.date())

    def on(day: int, words: str) -> int:
        then = first + timedelta(days=day)
        return sum(words in m.text for each in told for m in each.messages if m.at and m.at.date() == then)

    unknown = "don't have information about that"
    asked = [on(day, "Solvo") for day in range(DAYS)]
    assert sum(asked[:LAUNCH]) == 0
    assert sum(asked[LAUNCH:ARTICLE]) > 20
    assert sum(on(day, "full sun and 9 hours") for day in range(ARTICLE)) == 0
    assert sum(on(day, "full sun and 9 hours") for day in range(ARTICLE, DAYS)) > 10
    assert sum(on(day, "no exchange please") for day in range(RELEASE)) == 0
    assert on(RELEASE + 1, "You can exchange it") > 5 + on(RELEASE - 7, "You can exchange it")
    assert sum(on(day, unknown) for day in range(DAYS)) > 50
    assert sum(on(day, "carrier's tracking is down") for day in range(OUTAGE)) == 0
    assert sum(on(day, "carrier's tracking is down") for day in range(OUTAGE, DAYS)) > 5
    usual = sum(each.helpdesk == "zendesk" for each in told) / DAYS
    for day in range(OUTAGE, DAYS - 2):
        then = first + timedelta(days=day)
        there = [each for each in told if each.helpdesk == "zendesk"]
        busy = sum(each.started_at is not None and each.started_at.date() == then for each in there)
        assert busy > 1.4 * usual, "it leaves what is usual, on a weekend too"
    assert COURSES[Course.BETTER](DAYS) > 1 > COURSES[Course.BETTER](0)


def test_a_scene_in_two_parts() -> None:
    (scene,) = read_scenes(TWO_PARTS)
    assert scene.where == (Where.CHAT, Where.MAIL)
    assert scene.parts[1].after == timedelta(hours=9)
    found = [each for each in past(NOW, (scene,)) if each.contact.id]
    first = next(each for each in found if each.channel is Channel.MESSAGING)
    again = next(each for each in found if each.contact == first.contact and each.id != first.id)
    assert again.channel is Channel.EMAIL
    assert again.opened_at and first.ended_at
    assert again.opened_at - first.ended_at == timedelta(hours=9)
    bot = first.by(Role.BOT)[0]
    assert bot.bot is not None
    assert bot.bot.intent == "delivery status"
    assert bot.bot.confidence is not None
    assert 0.5 < bot.bot.confidence <= 0.99
    assert bot.feedback == "unhelpful"
    assert first.rating is not None
    assert first.rating.score in (1, 2)
    assert first.intent_corrected == "complaint"
    order = first.messages[0].text.split()[-1].strip("?")
    assert order in again.messages[0].text
    assert again.by(Role.AGENT)[0].text in ("It is lost, sorry.", "It is lost, alas.")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["C hello"], "line 1: a turn before any scene"),
        (["@ a | 1 | chat"], "line 1: a scene needs"),
        (["@ a | 1 | boat | steady"], "line 1: 'boat'"),
        (["@ a | 1 | chat | steady", "X what"], "line 2: 'X' begins no line"),
        (["@ a | 1 | chat | steady", "B hello", "~ 2 chat"], "line 3: nobody asks anything"),
    ],
)
def test_lines_that_cannot_be_read(lines: list[str], why: str) -> None:
    with pytest.raises(SceneError, match=why):
        read_scenes(lines)


def test_every_scene_has_a_course_and_the_catalog_its_intents() -> None:
    assert {scene.course for scene in scenes()} == set(Course)
    assert len({scene.name for scene in scenes()}) == len(scenes())
    reported = {line.text.split(" > ")[0] for s in scenes() for p in s.parts for line in p.lines if line.kind == ">"}
    assert reported <= {example.intent for example in catalog()}


# --- told, stored, scored ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """Some of the past, all about the panel among it, laid into stand-ins, scored, and worked on by people."""
    settings = demo_settings(tmp_path_factory.mktemp("demo"), 0)
    migrate(settings.database)
    about = [each for each in past(NOW) if any("Solvo" in m.text for m in each.messages)]
    late = [each for each in past(NOW) if each.ended_at and each.ended_at > NOW - timedelta(days=40)][::14]
    some = {each.id: each for each in (*about, *late)}
    with (
        ZendeskSandbox() as zendesk,
        IntercomSandbox() as intercom,
        closing(Database(settings.database)) as database,
    ):
        helpdesks = (Helpdesk("zendesk", zendesk, zendesk.options), Helpdesk("intercom", intercom, {}))
        runtime = replace(alone(settings, database), clock=lambda: NOW)
        with database.begin() as session:
            for each in helpdesks:
                new = installations.NewInstallation(
                    each.connector, "fernwood", each.sandbox.base_url, runtime.secrets.lock(each.sandbox.secrets),
                    prefix="dm__", account_group="fernwood", writing=True,
                )  # fmt: skip
                installations.add(session, new, now=NOW)
        replay = Replay(runtime, lay_down(helpdesks, some.values()))
        replay.teach()
        replay.store()
        with database.read() as session:
            due = session.scalars(select(Row.id).where(Row.due_at.is_not(None)).order_by(Row.ended_at)).all()
        for row_id in due:
            scoring.score(runtime, row_id)
        assert replay.wait(lambda scored: None)
        replay.sum_up()
        yield replay


def test_it_is_stored_as_a_backfill_and_scored(shop: Replay) -> None:
    with shop.runtime.database.read() as session:
        rows = session.scalars(select(Row)).all()
        assert {row.external_id for row in rows} == {each.id for each in shop.past}
        assert {row.state for row in rows} == {State.SCORED}
        assert all(row.backfilled for row in rows)
        assert {row.write_state for row in rows} == {WriteState.OFF}
        assert (session.scalar(select(func.count()).select_from(FactRow)) or 0) >= len(rows)
        assert session.scalar(select(func.count()).select_from(DirtyDay)) == 0


def test_what_is_stored_is_what_scoring_says(shop: Replay) -> None:
    """Nothing is shared between conversations but vectors: scored alone, without any cache, the cards are the same."""
    examples, model = catalog(), MiniLM()
    known = IntentCatalog.fit(examples, model.vectors([example.text for example in examples]))
    alone_there = Counter(each.contact.id for each in shop.past)
    sample = [each for each in shop.past if alone_there[each.contact.id] == 1][:: len(shop.past) // 12]
    with shop.runtime.database.read() as session:
        for each in sample:
            row = session.scalars(select(Row).where(Row.external_id == each.id)).one()
            stored = session.scalars(select(Scorecard).where(Scorecard.conversation_id == row.id)).all()
            installation = session.get_one(installations.Installation, row.installation_id)
            policy = shop.runtime.policy(installation)
            cards = score_conversation(each, History(as_of=NOW), policy, model, known)
            assert [card.card for card in stored] == [card_document(card) for card in cards]


def test_the_gap_of_the_panel_is_fixed_by_the_article(shop: Replay) -> None:
    with shop.runtime.database.read() as session:
        deployed = {row.reference: answered for row, answered in improvements.listed(session)}
        assert set(deployed) == {"fern:2.3", "article:118", "fern:2.4", "fern:2.4.1"}
        answered = {gap_id for each in deployed.values() for gap_id in each}
        assert answered
        found = [
            told
            for row in installations.all_of(session)
            for told in gap_report.report(session, row.id, as_of=NOW)
            if told["id"] in answered
        ]
        assert {told["audience"] for told in found} == {"content"}
        assert {told["state"] for told in found} <= {GapState.FIXED, GapState.VERIFIED}


def test_people_review_and_dispute(shop: Replay) -> None:
    with shop.runtime.database.read() as session:
        said = session.scalars(select(Review)).all()
        assert {each.reviewer for each in said} == {"reviewer-lea", "reviewer-omar"}
        assert {each.drawn for each in said} == {Drawn.RANDOM}
        agreed = reviews.against_deskmark(session, since=NOW - timedelta(days=120), until=NOW)
        assert any(ours != theirs for _, ours, theirs in agreed)
        assert any(ours == theirs for _, ours, theirs in agreed)
        assert disputes.open_ones(session)
        assert session.scalar(select(func.count()).select_from(IntentProposal))
        assert session.scalar(select(func.count()).select_from(FigureWatched))


def test_the_newest_alarm_waits_for_whoever_looks(shop: Replay) -> None:
    given: dict[str, Any] = {"kind": figure_alerts.ALARM, "direction": "up", "seen": {}, "now": shop.runtime.clock()}
    with shop.runtime.database.begin() as session:
        session.execute(delete(FigureAlert))
        first, second = (row.id for row in installations.all_of(session))
        for number, (own, day) in enumerate([(first, 1), (second, 2), (second, 3)]):
            figure_alerts.announce(session, (own, "hard"), key=f"test {number}", day=date(2026, 2, day), **given)
    staff.answer_alerts(shop.runtime)
    with shop.runtime.database.begin() as session:
        rows = session.scalars(select(FigureAlert).order_by(FigureAlert.first_day)).all()
        states = [row.state for row in rows]
        session.execute(delete(FigureAlert))
    assert states == [AlertState.ACKNOWLEDGED, AlertState.ACKNOWLEDGED, AlertState.OPEN]


def test_while_it_is_scored_its_history_is_being_read(shop: Replay) -> None:
    with shop.runtime.database.read() as session:
        for row in installations.all_of(session):
            read = backfills.get(session, row.id)
            assert read is not None
            assert (read.state, read.counts["found"]) == (BackfillState.DONE, read.counts["stored"])
            assert unread(session, [row.id], now=NOW) is None


def test_one_that_takes_too_long_is_given_up(shop: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "STUCK_SECONDS", 0.0)
    assert not shop.wait(lambda scored: None)
    told = io.StringIO()
    run._months(Replay(shop.runtime, ()), Console(file=told, width=120))
    assert "were not scored in time" in told.getvalue()


def test_the_demo_with_a_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: the running workers score it, and the command says so."""
    story = "@ good | zendesk | messaging | ana | -90\nC Do you deliver to Norway?\nB Yes, in 4 to 6 days.\nC good\n= "
    monkeypatch.setattr(run, "past", lambda now: list(past(now))[-12:])
    monkeypatch.setattr(run.signal, "signal", lambda *_: None)
    told, settings = io.StringIO(), demo_settings(tmp_path, 0)
    stories = lambda now: read_stories(story, now)  # noqa: E731
    assert run.run(settings, console=Console(file=told), stay=False, history=True, tell=stories) == 0
    assert "12 conversations of the three months before scored" in told.getvalue()
