"""Days of figures are judged once; alarms and wins are told by routes, with their end; what people answer counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from mail_server import Mailbox, mail_server
from pydantic import SecretStr
from sqlalchemy import select
from weeks import Rates, Weeks

from service.reports.periodic import reading
from service.reports.periodic.report import Kind, Span
from service.store import backfills, figure_alerts, report_counts
from service.store.failure_models import Failure, Happened
from service.store.gap_models import Audience
from service.store.models import Installation
from service.store.report_models import AlertState, FigureAlert, Sends, Way
from service.store.report_routes import Wanted, add
from tasks import alert_chart, figure_alarms, report_news, reporting, telling_alerts, upkeep
from tasks.runtime import Runtime

UNTIL = date(2026, 3, 2)
CALM = Rates(volume=22)
BAD = Rates(volume=22, escalated=0.8)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as made:
        yield made


@pytest.fixture
def runtime(shop: Any, box: Mailbox) -> Runtime:
    settings = shop.runtime.settings.model_copy(
        update={
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{box.port}"),
            "mail_from": "deskmark@acme.example",
            "fewest_cases": 5,
        }
    )
    return replace(shop.runtime, settings=settings)


def lay(runtime: Runtime, **given: Any) -> str:
    """Nine weeks; the bot hands over far more from Saturday, 28 February on."""
    changed = given.pop("changed", {date(2026, 2, 28): BAD})
    return Weeks(runtime.database, UNTIL, 9, rates=CALM, changed=changed, account="shop", **given).lay()


def route(runtime: Runtime, *sends: Sends, **given: Any) -> None:
    wanted = Wanted("Team", Way.MAIL, "team@acme.example", sends, **given)
    with runtime.database.begin() as session:
        add(session, runtime.secrets, wanted, by="tests", now=runtime.clock() - timedelta(hours=1))


def alerts(runtime: Runtime, kind: str = "alarm", figure: str = "") -> list[FigureAlert]:
    with runtime.database.read() as session:
        rows = session.scalars(select(FigureAlert).where(FigureAlert.kind == kind).order_by(FigureAlert.id)).all()
    return [row for row in rows if not figure or row.figure == figure]


def test_an_alarm_is_told_once_goes_on_and_its_end_is_told(runtime: Runtime, box: Mailbox, clock: Any) -> None:
    own = lay(runtime)
    route(runtime, Sends.ALERTS)
    assert figure_alarms.watch(runtime) > 0
    assert figure_alarms.watch(runtime) == 0, "every day once"

    (row,) = alerts(runtime, figure="escalated")
    assert (row.direction, row.state, row.closed_at) == ("up", AlertState.OPEN, None)
    assert row.first_day in (date(2026, 2, 28), date(2026, 3, 1))
    told = telling_alerts.send_due(runtime)
    assert telling_alerts.send_due(runtime) == 0
    assert told == len(box.mails) == len(alerts(runtime))
    mail = next(m for m in box.mails if "Handed over" in m["Subject"])
    assert mail["Subject"].startswith("Alert: Zendesk shop: Handed over to a human: ")

    Weeks(runtime.database, UNTIL, rates=CALM, seed=9).more(own, UNTIL, 4)
    clock.now += timedelta(days=4)
    figure_alarms.watch(runtime)
    (row,) = alerts(runtime, figure="escalated")
    assert row.state == AlertState.RECOVERED
    telling_alerts.send_due(runtime)
    assert "Usual again: Zendesk shop" in " ".join(m["Subject"] for m in box.mails)
    count = len(box.mails)
    assert telling_alerts.send_due(runtime) == 0
    assert len(box.mails) == count
    with runtime.database.read() as session:
        about = reading.scope(session)
        news = report_news.news(session, Span.holding(Kind.WEEKLY, row.first_day), about, now=clock())
    assert any("Handed over to a human" in each.says and "Usual again since" in each.stands for each in news.alerts)


def test_no_day_is_judged_while_the_history_is_read(runtime: Runtime, clock: Any) -> None:
    own = lay(runtime)
    with runtime.database.begin() as session:
        backfills.begin(session, own, since=clock() - timedelta(days=90), until=clock(), share=50, now=clock())
    assert figure_alarms.watch(runtime) == 0
    with runtime.database.begin() as session:
        backfills.drop(session, own)
    assert figure_alarms.watch(runtime) > 0, "each day is judged once, and then"


def test_what_somebody_answers_holds_and_moves_the_threshold(runtime: Runtime, clock: Any) -> None:
    own = lay(runtime)
    figure_alarms.watch(runtime)
    (row,) = alerts(runtime, figure="escalated")

    def say(state: AlertState, **given: Any) -> int:
        with runtime.database.begin() as session:
            found = figure_alerts.get(session, row.id)
            assert found is not None
            figure_alerts.answer(session, found, state, by="Ada", now=clock(), **given)
            return figure_alerts.steps(session, own, "escalated")

    assert say(AlertState.NOT_USEFUL) == 1
    assert say(AlertState.NOT_USEFUL) == 1, "said twice of one alert it counts once"
    assert say(AlertState.ACKNOWLEDGED) == 0
    assert say(AlertState.ACKNOWLEDGED) == 0
    assert say(AlertState.SNOOZED, until=date(2026, 3, 4)) == 0
    weeks = Weeks(runtime.database, UNTIL, 0, rates=BAD, seed=9)
    weeks.more(own, UNTIL, 3)
    clock.now += timedelta(days=3)
    figure_alarms.watch(runtime)
    (again,) = alerts(runtime, figure="escalated")
    assert (again.state, again.snoozed_until) == (AlertState.OPEN, None), "it goes on after the snooze"


def test_a_win_is_announced_like_an_alarm(runtime: Runtime, box: Mailbox) -> None:
    own = lay(runtime, changed={date(2026, 2, 23): Rates(volume=22, escalated=0.02, hard=0.0)})
    weeks = Weeks(runtime.database, UNTIL, 0)
    asked = {date(2026, 1, 2) + timedelta(days=number): 4 for number in range(40)}
    weeks.gap(own, "refund after 30 days", asked, fixed=date(2026, 2, 12))
    route(runtime, Sends.WINS)
    figure_alarms.watch(runtime)

    found = {row.figure.split(":")[0] for row in alerts(runtime, "win")}
    assert found >= {"hard", "gap"}
    assert "escalated" not in found, "fewer handoffs may be fewer than are needed"
    telling_alerts.send_due(runtime)
    subjects = " ".join(mail["Subject"] for mail in box.mails)
    assert "Win: Zendesk shop: High effort for the customer: " in subjects
    assert ", in the 8 weeks before " in subjects
    assert "The fix of gap " in subjects
    figure_alarms.watch(runtime)
    assert telling_alerts.send_due(runtime) == 0


def test_an_alarm_of_a_small_account_ends_when_too_few_come_to_tell(runtime: Runtime, box: Mailbox, clock: Any) -> None:
    """Five conversations a day, then none any more: whether it goes on cannot be told, and that is said."""
    few = Rates(volume=5, escalated=0.2)
    settings = runtime.settings.model_copy(update={"fewest_cases": 20})
    small = replace(runtime, settings=settings)
    weeks = Weeks(runtime.database, UNTIL, 14, rates=few, changed={date(2026, 2, 23): replace(few, escalated=0.95)},
                  account="shop")  # fmt: skip
    weeks.lay()
    route(small, Sends.ALERTS)
    figure_alarms.watch(small)
    (row,) = alerts(small, figure="escalated")
    assert row.seen["days"] in (7, 28)
    with runtime.database.read() as session:
        chart = alert_chart.drawn(session, row, settings, today=clock().date())
    assert chart is not None
    assert alert_chart.WEEKS in [each.text for each in chart.key]
    assert any(row[1] != "" for row in chart.rows), "seven days together have enough to be drawn"
    telling_alerts.send_due(small)

    clock.now += timedelta(days=5)
    figure_alarms.watch(small)
    (row,) = alerts(small, figure="escalated")
    assert row.state == AlertState.OPEN
    assert report_news.standing(row).startswith("Too few conversations to tell whether it goes on: ")
    clock.now += timedelta(days=15)
    figure_alarms.watch(small)
    (row,) = alerts(small, figure="escalated")
    assert row.state == AlertState.UNCONFIRMED
    telling_alerts.send_due(small)
    (ended,) = [mail for mail in box.mails if "Handed over" in mail["Subject"] and "Not confirmed" in mail["Subject"]]
    assert "were too few to tell" in ended.get_body(("plain",)).get_content()


def test_what_lasts_four_weeks_is_told_as_the_new_normal_and_does_not_open_again(runtime: Runtime, clock: Any) -> None:
    own = lay(runtime)
    figure_alarms.watch(runtime)
    Weeks(runtime.database, UNTIL, rates=BAD, seed=9).more(own, UNTIL, 45)
    clock.now += timedelta(days=45)
    figure_alarms.watch(runtime)
    (row,) = alerts(runtime, figure="escalated")
    assert row.state == AlertState.NEW_NORMAL
    with runtime.database.read() as session:
        (past,) = figure_alerts.past(session, own, "escalated", since=date(2026, 1, 1))
    assert past[0] == date.min
    assert past[1] < row.first_day


def test_a_target_that_is_reached_is_announced_once_and_lost_again_in_the_monthly_report(
    runtime: Runtime, box: Mailbox, clock: Any
) -> None:
    """January is the baseline; in February the bot solves far more until the 20th, then hardly anything."""
    good, bad = Rates(volume=22, confirmed=0.88), Rates(volume=60, confirmed=0.05)
    weeks = Weeks(runtime.database, UNTIL, 9, rates=CALM, changed={date(2026, 2, 1): good, date(2026, 2, 20): bad},
                  account="shop")  # fmt: skip
    own = weeks.lay()
    route(runtime, Sends.WINS, audience=Audience.CONTENT)
    now, clock.now = clock.now, clock.now.replace(month=2, day=18)
    route(runtime, Sends.WINS)

    figure_alarms.watch(runtime)
    (row,) = alerts(runtime, "win", "target:containment/quality/confirmed")
    assert (row.first_day, row.seen["by"], row.direction) == (date(2026, 2, 17), "2026-02-14", "up")
    telling_alerts.send_due(runtime)
    told = [mail["Subject"] for mail in box.mails if "Target of February reached by 14 Feb 2026" in mail["Subject"]]
    assert len(told) == 1, "the other route was made later"
    clock.now += timedelta(days=1)
    figure_alarms.watch(runtime)
    assert telling_alerts.send_due(runtime) == 0
    assert len(alerts(runtime, "win", "target:containment/quality/confirmed")) == 1

    clock.now = now.replace(month=3, day=4)
    figure_alarms.watch(runtime)
    (row,) = alerts(runtime, "win", "target:containment/quality/confirmed")
    assert (row.seen["now"]["reached"], row.seen["now"]["day"]) == (False, "2026-02-28")
    with runtime.database.read() as session:
        report = reporting.whole(session, runtime, Span.holding(Kind.MONTHLY, date(2026, 2, 3)), reading.scope(session))
    lines = {section.title: [line.text for line in section.lines] for section in report.sections}
    assert any("Lost again: " in text for text in lines["Targets, and what next month should bring"])
    assert not any("Target of February" in text for text in lines["Wins of the month"])
    assert row.installation_id == own


def test_the_win_of_a_gap_goes_to_the_audience_whose_work_it_is(runtime: Runtime, box: Mailbox) -> None:
    own = lay(runtime, changed={})
    weeks = Weeks(runtime.database, UNTIL, 0)
    asked = {date(2026, 1, 2) + timedelta(days=number): 4 for number in range(40)}
    weeks.gap(own, "refund after 30 days", asked, fixed=date(2026, 2, 12), audience="content")
    route(runtime, Sends.WINS, audience=Audience.PRODUCT)
    figure_alarms.watch(runtime)
    telling_alerts.send_due(runtime)
    assert not any("The fix of gap " in mail["Subject"] for mail in box.mails)
    route(runtime, Sends.WINS, audience=Audience.CONTENT)
    telling_alerts.send_due(runtime)
    assert sum("The fix of gap " in mail["Subject"] for mail in box.mails) == 1


def test_what_was_long_ago_or_is_another_helpdesks_is_not_told(runtime: Runtime, box: Mailbox) -> None:
    lay(runtime, changed={date(2026, 2, 9): BAD, date(2026, 2, 12): CALM})
    route(runtime, Sends.ALERTS, installation_id="i1")
    figure_alarms.watch(runtime)
    assert alerts(runtime, figure="escalated") != []
    assert telling_alerts.send_due(runtime) == 0
    route(runtime, Sends.ALERTS)
    telling_alerts.send_due(runtime)
    assert not any("Handed over" in mail["Subject"] for mail in box.mails), "it was two weeks ago"


def test_given_up_work_is_watched_and_a_helpdesk_from_files_is_not(runtime: Runtime, clock: Any) -> None:
    own = lay(runtime, changed={})
    with runtime.database.begin() as session:
        for number in range(6):
            session.add(Failure(installation_id=own, work="score", happened=Happened.GIVEN_UP, at=clock() - timedelta(
                hours=10, minutes=number), attempts=8, error="x"))  # fmt: skip
        yesterday = clock().date() - timedelta(days=1)
        assert report_counts.given_up(session, own, yesterday, UNTIL) == {yesterday: 6}
        session.get_one(Installation, "i1").disconnected_at = clock()
    figure_alarms.watch(runtime)
    assert [row.figure for row in alerts(runtime) if row.figure == "given_up"] == ["given_up"]


def test_a_helpdesk_that_falls_silent_is_told_and_the_chart_shows_it(runtime: Runtime, clock: Any) -> None:
    lay(runtime, changed={})
    clock.now += timedelta(days=2)
    figure_alarms.watch(runtime)
    (row,) = alerts(runtime, figure="conversations")
    assert (row.direction, figure_alerts.judged(row).value) == ("down", 0)
    with runtime.database.read() as session:
        chart = alert_chart.drawn(session, row, runtime.settings, today=clock().date())
        assert chart is not None
        assert "Range without alarm" in chart.header
        assert chart.png().startswith(b"\x89PNG")


def test_two_that_judge_at_once_open_one_alarm(runtime: Runtime) -> None:
    lay(runtime)
    both = [threading.Thread(target=figure_alarms.watch, args=(runtime,)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(alerts(runtime, figure="escalated")) == 1


def test_upkeep_forgets_what_was_sent(runtime: Runtime) -> None:
    upkeep.forget(runtime)
    assert reporting.send_due(runtime) == 0


def test_targets_and_the_gaps_of_a_month(runtime: Runtime, clock: Any) -> None:
    own = lay(runtime, changed={})
    weeks = Weeks(runtime.database, UNTIL, 0)
    asked = {date(2026, 1, 2) + timedelta(days=number): 4 for number in range(40)}
    gap = weeks.gap(own, "refund after 30 days", asked, fixed=date(2026, 2, 12))
    with runtime.database.read() as session:
        report = reporting.whole(session, runtime, Span.holding(Kind.MONTHLY, date(2026, 2, 3)), reading.scope(session))
    lines = {section.title: [line.text for line in section.lines] for section in report.sections}
    assert any("next month's target is" in text for text in lines["Targets, and what next month should bring"])
    assert any(f"Gap {gap} " in text and "it worked" in text for text in lines["Wins of the month"])
