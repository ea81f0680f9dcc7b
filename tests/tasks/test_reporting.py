"""Reports are sent once: by a real SMTP server and over the wire to chats, with two beats, crashes and refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import responses
from mail_server import Mailbox, mail_server
from pydantic import SecretStr
from sqlalchemy import select
from weeks import Rates, Weeks

from service.reports.periodic.report import Kind, Span
from service.store import report_images, report_routes, report_sending
from service.store.gap_models import Audience
from service.store.models import Installation
from service.store.report_models import ReportImage, ReportRoute, ReportSent, Sending, Sends, Way
from service.store.report_routes import NotAccepted, Wanted, add
from tasks import packing, reporting
from tasks.runtime import Runtime

UNTIL = date(2026, 3, 2)
HOOK = "https://hooks.slack.com/services/T0/B0/secret"
TEAMS = "https://prod-1.westeurope.logic.azure.com:443/workflows/x/triggers/manual/paths/invoke?sig=secret"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as made:
        yield made


@pytest.fixture
def runtime(shop: Any, box: Mailbox, clock: Any) -> Runtime:
    """Monday 2 March 2026, 09:00 UTC; the week before had gaps."""
    settings = shop.runtime.settings.model_copy(
        update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{box.port}"), "mail_from": "deskmark@acme.example"}
    )
    weeks = Weeks(shop.runtime.database, UNTIL, 2, rates=Rates(volume=6), account="shop")
    installation_id = weeks.lay()
    asked = {date(2026, 2, 24): 3, date(2026, 2, 26): 2}
    weeks.gap(installation_id, "gift card balance", asked, audience="content")
    weeks.gap(installation_id, "export is broken", asked, audience="engineering")
    return replace(shop.runtime, settings=settings)


def route(runtime: Runtime, *, way: Way = Way.MAIL, address: str = "team@acme.example", **given: Any) -> int:
    given.setdefault("sends", (Sends.WEEKLY,))
    wanted = Wanted("Team", way, address, **given)
    with runtime.database.begin() as session:
        made = runtime.clock() - timedelta(days=10)
        return add(session, runtime.secrets, wanted, by="tests", now=made).id


def sent(runtime: Runtime) -> list[ReportSent]:
    with runtime.database.read() as session:
        return list(session.scalars(select(ReportSent).order_by(ReportSent.id)))


def parts(mail: EmailMessage) -> dict[str, list[EmailMessage]]:
    found: dict[str, list[EmailMessage]] = {}
    for part in mail.walk():
        assert isinstance(part, EmailMessage)
        found.setdefault(part.get_content_type(), []).append(part)
    return found


def test_the_weekly_report_arrives_as_mail_with_its_charts_inside(runtime: Runtime, box: Mailbox) -> None:
    route(runtime)

    assert reporting.send_due(runtime) == 1

    (mail,) = box.mails
    assert mail["To"] == "team@acme.example"
    assert mail["Subject"].startswith("Weekly report, 23 Feb to 1 Mar 2026: ")
    found = parts(mail)
    text, html = (found[kind][0].get_content() for kind in ("text/plain", "text/html"))
    for body in (text, html):
        assert "New knowledge gaps" in body
        assert "gift card balance" not in body, "customers' words stay here"
    assert "https://deskmark.example/reports/weekly?day=2026-02-23" in text
    pictures = found["image/png"]
    assert len(pictures) == 2
    assert [f"cid:{part['Content-ID'].strip('<>')}" in html for part in pictures] == [True] * 2
    assert all(part.get_content().startswith(b"\x89PNG") for part in pictures)
    assert "http" not in html.replace("https://deskmark.example/", ""), "nothing is loaded from outside"
    assert [(row.state, row.period, row.attempts) for row in sent(runtime)] == [(Sending.SENT, "2026-02-23", 1)]


def test_a_second_look_and_two_beats_at_once_send_nothing_twice(runtime: Runtime, box: Mailbox) -> None:
    route(runtime, sends=(Sends.DAILY, Sends.WEEKLY, Sends.MONTHLY))
    beats = [threading.Thread(target=reporting.send_due, args=(runtime,)) for _ in range(3)]
    for beat in beats:
        beat.start()
    for beat in beats:
        beat.join()
    reporting.send_due(runtime)

    assert sorted(mail["Subject"].split()[0] for mail in box.mails) == ["Daily", "Monthly", "Weekly"]


def test_a_process_that_dies_before_handing_over_leaves_it_to_another(
    runtime: Runtime, box: Mailbox, clock: Any
) -> None:
    number = route(runtime)
    with runtime.database.begin() as session:
        assert report_sending.claim(session, number, "weekly", "2026-02-23", now=clock(), lease=reporting.LEASE)

    assert reporting.send_due(runtime) == 0, "somebody has it"
    clock.now += reporting.LEASE
    assert reporting.send_due(runtime) == 1
    assert len(box.mails) == 1


def test_a_connection_that_is_lost_leaves_it_in_doubt_and_nothing_is_sent_twice(
    runtime: Runtime, box: Mailbox, clock: Any
) -> None:
    number = route(runtime)
    box.replies = ["drop"]
    assert reporting.send_due(runtime) == 0
    clock.now += timedelta(hours=3)
    assert reporting.send_due(runtime) == 0
    assert len(box.mails) == 1, "it had arrived, and did not come again"
    (row,) = sent(runtime)
    assert (row.state, row.error) == (
        Sending.HANDING_OVER, "the connection to the mail server was lost: SMTPServerDisconnected",
    )  # fmt: skip

    with runtime.database.begin() as session:
        assert report_sending.again(session, row.id, now=clock())
        assert not report_sending.again(session, row.id, now=clock())
        assert [each.id for each in report_sending.latest(session, number)] == [row.id]
    assert reporting.send_due(runtime) == 1
    assert len(box.mails) == 2, "because somebody said so"


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(runtime: Runtime, box: Mailbox, clock: Any) -> None:
    route(runtime)
    box.replies = ["451 come back later"]
    assert reporting.send_due(runtime) == 0
    assert reporting.send_due(runtime) == 0, "not at once"
    clock.now += report_sending.FIRST_WAIT
    assert reporting.send_due(runtime) == 1
    assert [(row.state, row.attempts, row.error) for row in sent(runtime)] == [(Sending.SENT, 2, None)]

    clock.now += timedelta(days=7)
    box.refuse = "550 nobody here"
    assert reporting.send_due(runtime) == 0
    clock.now += timedelta(hours=3)
    assert reporting.send_due(runtime) == 0
    last = sent(runtime)[-1]
    assert (last.state, last.error) == (Sending.GIVEN_UP, "the mail server refuses the recipient (550)")


def test_what_is_refused_for_a_day_is_given_up(runtime: Runtime, box: Mailbox, clock: Any) -> None:
    route(runtime)
    box.refuse = "450 try later"
    for _ in range(3):
        reporting.send_due(runtime)
        clock.now += timedelta(hours=13)
    (row,) = sent(runtime)
    assert row.state == Sending.GIVEN_UP
    with runtime.database.begin() as session:
        report_sending.forget(session, before=clock() + timedelta(days=1))
    assert sent(runtime) == []


def test_a_route_gets_its_audience_its_intents_and_words_only_where_they_are_allowed(
    runtime: Runtime, box: Mailbox
) -> None:
    route(runtime, address="content@acme.example", audience=Audience.CONTENT, texts=True)
    route(runtime, address="refunds@acme.example", intents=("refund",))
    route(runtime, address="nobody@acme.example", enabled=False)
    with runtime.database.read() as session:
        own = session.scalars(
            select(Installation.id).where(Installation.account == "acme", Installation.id == "i1")
        ).one()
    route(runtime, address="other@acme.example", installation_id=own)

    reporting.send_due(runtime)

    mails = {mail["To"]: parts(mail)["text/plain"][0].get_content() for mail in box.mails}
    assert set(mails) == {"content@acme.example", "refunds@acme.example", "other@acme.example"}
    assert "gift card balance" in mails["content@acme.example"]
    assert "export is broken" not in mails["content@acme.example"]
    assert "engineering" not in mails["content@acme.example"]
    assert "Only conversations about refund." in mails["refunds@acme.example"]
    assert "0 conversations that ended" in mails["other@acme.example"]


@responses.activate
def test_a_chat_gets_its_format_with_addresses_of_charts_that_work(runtime: Runtime) -> None:
    route(runtime, way=Way.SLACK, address=HOOK)
    route(runtime, way=Way.TEAMS, address=TEAMS)
    slack = responses.post(HOOK, body="ok")
    teams = responses.post(TEAMS, status=202)

    assert reporting.send_due(runtime) == 2

    blocks = json.loads(slack.calls[0].request.body)["blocks"]
    assert blocks[0] == {
        "type": "header",
        "text": {"type": "plain_text", "text": "Weekly report, 23 Feb to 1 Mar 2026"},
    }
    images = [block["image_url"] for block in blocks if block["type"] == "image"]
    card = json.loads(teams.calls[0].request.body)["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    shown = [each["url"] for each in card["content"]["body"] if each["type"] == "Image"]
    assert len(images) == len(shown) == 2
    token = images[0].removeprefix("https://deskmark.example/reports/images/").removesuffix(".png")
    name = packing.image_name(runtime.settings, token)
    assert packing.image_name(runtime.settings, f"{token}x") is None
    with runtime.database.begin() as session:
        assert name is not None
        png = report_images.get(session, name, now=runtime.clock())
        assert png is not None
        assert png.startswith(b"\x89PNG")
        assert report_images.get(session, name, now=runtime.clock() + report_images.KEPT) is None
        report_images.forget(session, now=runtime.clock() + report_images.KEPT)
        assert session.scalars(select(ReportImage)).all() == []


@responses.activate
def test_a_chat_on_a_private_network_or_switched_off_gets_no_images(runtime: Runtime) -> None:
    route(runtime, way=Way.SLACK, address=HOOK, images=False)
    hidden = replace(runtime, settings=runtime.settings.model_copy(update={"public_url": "http://10.0.0.4"}))
    route(hidden, way=Way.TEAMS, address=TEAMS)
    hook, flow = responses.post(HOOK), responses.post(TEAMS)

    assert reporting.send_due(hidden) == 2
    for call in (hook.calls[0], flow.calls[0]):
        assert b"/reports/images/" not in call.request.body


def test_without_a_mail_server_or_with_one_that_is_away_it_is_said_plainly(runtime: Runtime) -> None:
    route(runtime)
    nowhere = replace(runtime, settings=runtime.settings.model_copy(update={"smtp_url": None}))
    assert reporting.send_due(nowhere) == 0
    assert sent(runtime)[0].error == "no mail server is set: DESKMARK_SMTP_URL and DESKMARK_MAIL_FROM"


def test_a_message_that_the_server_finds_wrong_is_given_up(runtime: Runtime, box: Mailbox) -> None:
    route(runtime)
    box.replies = ["554 spam"]
    assert reporting.send_due(runtime) == 0
    (row,) = sent(runtime)
    assert (row.state, row.error) == (Sending.GIVEN_UP, "the mail server refuses the message (554)")


def test_an_address_that_nobody_can_read_any_more_is_said(runtime: Runtime) -> None:
    number = route(runtime)
    with runtime.database.begin() as session:
        session.get_one(ReportRoute, number).address = b"not ours"
    assert reporting.send_due(runtime) == 0
    assert "cannot be read with the keys" in str(sent(runtime)[0].error)


@pytest.mark.parametrize(
    ("zone", "now", "since", "moment"),
    [
        ("UTC", "2026-03-02T06:59", "2026-02-16", "2026-02-23T07:00"),
        ("UTC", "2026-03-02T07:00", "2026-02-23", "2026-03-02T07:00"),
        ("America/New_York", "2026-03-02T11:59", "2026-02-16", "2026-02-23T12:00"),
        ("America/New_York", "2026-03-02T12:00", "2026-02-23", "2026-03-02T12:00"),
        # There it is seven o'clock while the week's last day, one of UTC, still has two hours.
        ("Asia/Tokyo", "2026-03-01T23:59", "2026-02-16", "2026-02-23T00:00"),
        ("Asia/Tokyo", "2026-03-02T00:00", "2026-02-23", "2026-03-02T00:00"),
    ],
)
def test_a_weekly_report_comes_at_seven_of_the_helpdesks_clock(zone: str, now: str, since: str, moment: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    span, due = reporting.scheduled(Kind.WEEKLY, at, ZoneInfo(zone), 7)
    assert (span, due) == (
        Span.holding(Kind.WEEKLY, date.fromisoformat(since)), datetime.fromisoformat(moment).replace(tzinfo=UTC),
    )  # fmt: skip


def test_the_clock_is_that_of_the_business_hours(runtime: Runtime) -> None:
    number = route(runtime)
    hours = {"time_zone": "Asia/Tokyo", "hours": {"monday": ["09:00-17:00"]}}
    with runtime.database.begin() as session:
        session.get_one(Installation, "i1").policy = {"schedule": hours}
    with runtime.database.read() as session:
        row = report_routes.get(session, number)
        assert row is not None
        assert reporting.time_zone(session, runtime, row) == ZoneInfo("Asia/Tokyo")


def test_a_report_that_is_long_past_is_not_sent_any_more(runtime: Runtime, clock: Any) -> None:
    route(runtime)
    clock.now += timedelta(days=4)
    assert reporting.send_due(runtime) == 0


def test_a_route_that_cannot_be_is_refused(shop: Any, clock: Any) -> None:
    good = Wanted("Team", Way.MAIL, "a@acme.example", (Sends.DAILY,))
    for changes, words in (
        ({"name": " "}, "a name"),
        ({"address": ""}, "where it goes"),
        ({"address": "nobody"}, "no e-mail address"),
        ({"address": "a@b\nBcc: c@d"}, "no e-mail address"),
        ({"sends": ()}, "at least one"),
        ({"intents": ("x",) * 51}, "at most 50 intents"),
    ):
        with shop.runtime.database.begin() as session, pytest.raises(NotAccepted, match=words):
            add(session, shop.runtime.secrets, replace(good, **changes), by="tests", now=clock())
