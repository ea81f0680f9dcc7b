"""Reports, alerts and routes as pages: what each shows, who may do what, and a route's whole life."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import responses
from sqlalchemy import select
from weeks import Rates, Weeks

from service.figures.alarm import Judged, Side
from service.figures.episode import Happens, Step
from service.store import figure_alerts, report_images
from service.store.report_models import AlertState, FigureAlert, ReportRoute, ReportSent, Sending
from tasks.packing import image_url

HOOK = "https://hooks.slack.com/services/T0/B0/secret"


@pytest.fixture
def weeks(web: Any) -> Weeks:
    """Two weeks of a small account up to Monday, 2 March 2026, with a new gap."""
    made = Weeks(web.parts.database, date(2026, 3, 2), 2, rates=Rates(volume=6))
    own = made.lay()
    made.gap(own, "gift <card> balance", {date(2026, 2, 24): 3}, audience="content")
    made.account = own
    return made


def alarm(web: Any, installation_id: str, *, day: date = date(2026, 3, 1), figure: str = "escalated") -> int:
    step = Step(Happens.OPENS, day, Side.UP, Judged(0.55, 60, 0.25, 0.0004, 0.9999), last=day)
    with web.parts.database.begin() as session:
        row = figure_alerts.apply(session, None, step, of=(installation_id, figure), now=web.clock())
        return row.id


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/reports/daily", ("Daily report, Sunday, 1 March 2026", "Is anything broken?", "Conversations a day")),
        ("/reports/weekly", ("Weekly report, 23 Feb to 1 Mar 2026", "New knowledge gaps", "gift &lt;card&gt; balance")),
        (
            "/reports/monthly",
            ("Monthly report, February 2026", "Targets begin when", "what work costs"),
        ),
        ("/reports/weekly?day=2026-02-18", ("Weekly report, 16 Feb to 22 Feb 2026",)),
        ("/reports/weekly?day=2026-03-02", ("This period is not over yet",)),
        ("/reports/daily?day=9999-01-01", ("Daily report, Monday, 2 March 2026", "The day 9999-01-01 lies ahead")),
        ("/reports/weekly?day=1850-01-01", ("lies before all helpdesks", "23 Feb to 1 Mar 2026")),
        ("/reports/weekly?channel=fax", ("Reports are not filtered by “channel”",)),
        ("/reports/daily?day=yesterday", ("is no day", "Sunday, 1 March 2026")),
        ("/reports/weekly?installation=nobody", ("There is no such helpdesk that you can see",)),
    ],
)
def test_a_report_says_what_it_is_about(web: Any, weeks: Weeks, address: str, words: tuple[str, ...]) -> None:
    answer = web.admin().get(address)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for each in words:
        assert each in page, each


def test_without_anything_every_report_says_what_is_missing(web: Any) -> None:
    admin = web.admin()
    for kind in ("daily", "weekly", "monthly"):
        page = admin.get(f"/reports/{kind}").get_data(as_text=True)
        assert "Nothing ended in this period" in page
        assert "What this is based on" in page


def test_whoever_may_not_read_transcripts_reads_no_customers_words(web: Any, weeks: Weeks) -> None:
    viewer = web.signed_in(web.person("viewer"))
    page = viewer.get("/reports/weekly").get_data(as_text=True)
    assert "Gap " in page
    assert "gift" not in page
    assert "/reports/routes" not in page


def test_what_is_broken_and_an_alert_stand_in_the_daily_report(web: Any, weeks: Weeks) -> None:
    number = alarm(web, weeks.account)
    page = web.admin().get("/reports/daily").get_data(as_text=True)
    assert "Handed over to a human: 55.0 % on 1 Mar 2026, usually 25.0 % on a Sunday" in page
    assert f"/alerts/{number}" in page
    assert "Nothing is broken; 1 figure jumped." in page


def test_an_alert_is_answered_and_it_is_written_down(web: Any, weeks: Weeks) -> None:
    number, admin = alarm(web, weeks.account), web.admin()
    page = admin.get("/alerts").get_data(as_text=True)
    assert "About 1 false alarm a month" in page
    assert "Handed over to a human: 55.0 %" in page

    def say(**fields: str) -> str:
        answer = web.post(admin, f"/alerts/{number}", form_on=f"/alerts/{number}", **fields)
        assert answer.status_code == 302
        return str(admin.get(f"/alerts/{number}").get_data(as_text=True))

    assert "Somebody is on it" in say(what="acknowledge")
    assert "Snoozed until 3 Mar 2026" in say(what="snooze", days="1")
    assert "Open again" in say(what="open")
    page = say(what="not_useful")
    assert "It stands at 1/2." in page
    assert "1/2 of its share" in admin.get("/alerts").get_data(as_text=True)
    assert [entry[1] for entry in web.audited() if entry[1].startswith("alert")] == [
        "alert acknowledge", "alert snooze", "alert open", "alert not useful",
    ]  # fmt: skip
    assert web.post(admin, f"/alerts/{number}", form_on=f"/alerts/{number}", what="shout").status_code == 400
    assert admin.get("/alerts/999").status_code == 404


def test_an_alert_that_is_over_can_only_be_called_not_useful(web: Any, weeks: Weeks) -> None:
    number, admin = alarm(web, weeks.account), web.admin()
    over = Step(Happens.RECOVERED, date(2026, 3, 4), Side.UP, Judged(0.25, 60, 0.25, 0.5, 0.5), 3)
    token = web.csrf(admin, f"/alerts/{number}")
    with web.parts.database.begin() as session:
        row = session.get_one(FigureAlert, number)
        figure_alerts.apply(session, row, over, of=(weeks.account, "escalated"), now=web.clock())
    admin.post(f"/alerts/{number}", data={"csrf_token": token, "what": "acknowledge"})
    assert "It is over already" in admin.get(f"/alerts/{number}").get_data(as_text=True)
    admin.post(f"/alerts/{number}", data={"csrf_token": token, "what": "not_useful"})
    with web.parts.database.read() as session:
        assert session.get_one(FigureAlert, number).state == AlertState.NOT_USEFUL


def test_a_win_has_a_page_and_nothing_to_answer(web: Any, weeks: Weeks) -> None:
    with web.parts.database.begin() as session:
        row = figure_alerts.announce(
            session, (weeks.account, "gap:1"), kind="win", direction="down", day=date(2026, 3, 1), key="w",
            now=web.clock(), seen={"gap": 1, "before": [9, 90], "after": [1, 90], "p": 0.0001},
        )  # fmt: skip
    admin = web.admin()
    page = admin.get(f"/alerts/{row.id}").get_data(as_text=True)
    assert "The fix of gap 1 worked" in page
    assert "Not useful" not in page
    assert "p below 0.001" in admin.get("/alerts").get_data(as_text=True)


def test_a_target_that_was_reached_has_a_page_and_leads_to_its_figure(web: Any, weeks: Weeks) -> None:
    seen = {
        "target": ["containment", "quality", "confirmed"], "called": "Of those it kept: confirmed solved",
        "unit": "share", "month": "2026-02-01", "by": "2026-02-26", "goal": 0.7, "value": 0.75, "low": 0.72,
        "high": 0.78, "n": 812,
        "now": {"value": 0.66, "low": 0.6, "high": 0.7, "n": 900, "day": "2026-02-28", "reached": False},
    }  # fmt: skip
    mean = {**seen, "target": ["effort", "mean", ""], "unit": "points"}
    with web.parts.database.begin() as session:
        rows = [
            figure_alerts.announce(
                session, (weeks.account, f"target:{name}"), kind="win", direction="up", day=date(2026, 3, 1), key=name,
                now=web.clock(), seen=given,
            )
            for name, given in (("containment", seen), ("effort", mean))
        ]  # fmt: skip
    admin = web.admin()
    page = admin.get(f"/alerts/{rows[0].id}").get_data(as_text=True)
    assert "Target of February reached by 26 Feb 2026: Of those it kept: confirmed solved, 75.0 %" in page
    assert "Lost again: 66.0 % by 28 Feb 2026, n 900." in page
    assert "since=2026-02-01&amp;until=2026-02-26" in page
    assert "&amp;value=quality&amp;of=confirmed" in page
    assert "How it is judged" not in page
    other = admin.get(f"/alerts/{rows[1].id}").get_data(as_text=True)
    assert "&amp;value=mean&#34;" in other or '&amp;value=mean"' in other


def test_an_alarm_of_which_too_little_is_known_says_so(web: Any, weeks: Weeks) -> None:
    number, admin = alarm(web, weeks.account), web.admin()
    unsure = Step(
        Happens.UNSURE, date(2026, 3, 4), Side.UP, Judged(0.25, 4, 0.25, 0.5, 0.5), last=date(2026, 3, 1), n=4
    )
    with web.parts.database.begin() as session:
        row = session.get_one(FigureAlert, number)
        figure_alerts.apply(session, row, unsure, of=(weeks.account, "escalated"), now=web.clock())
    for address in ("/alerts", f"/alerts/{number}"):
        page = admin.get(address).get_data(as_text=True)
        assert "Too few conversations to tell whether it goes on: 4 since 1 Mar 2026." in page
    gone = alarm(web, weeks.account, figure="no_longer_watched")
    assert "What stands behind it" not in admin.get(f"/alerts/{gone}").get_data(as_text=True)
    given_up = alarm(web, weeks.account, figure="given_up")
    assert "What stands behind it" not in admin.get(f"/alerts/{given_up}").get_data(as_text=True)


def test_a_viewer_sees_alerts_and_answers_none(web: Any, weeks: Weeks) -> None:
    number = alarm(web, weeks.account)
    viewer = web.signed_in(web.person("viewer"))
    page = viewer.get(f"/alerts/{number}").get_data(as_text=True)
    assert "I am on it" not in page
    assert "Where alerts go" not in viewer.get("/alerts").get_data(as_text=True)


def add(web: Any, admin: Any, **fields: Any) -> Any:
    given = {"name": "Content", "way": "slack", "address": HOOK, "sends": ["weekly", "alerts"], "images": "on",
             "enabled": "on", **fields}  # fmt: skip
    return sent(web, admin, "/reports/routes/add", **given)


def sent(web: Any, admin: Any, page: str, **fields: Any) -> Any:
    """The form of a page; a field may have several values."""
    return admin.post(page, data={"csrf_token": web.csrf(admin, page), **fields})


@responses.activate
def test_a_route_is_added_tested_changed_and_removed(web: Any, weeks: Weeks) -> None:
    admin = web.admin()
    assert "Nothing is sent yet" in admin.get("/reports/routes").get_data(as_text=True)
    answer = add(web, admin, audience="content", intents="refund\r\n\r\ndelivery")
    address = answer.headers["Location"]
    page = admin.get(address).get_data(as_text=True)
    assert "Now hooks.slack.com; leave empty to keep it." in page
    assert "secret" not in page.replace("is a secret", "")

    hook = responses.post(HOOK, body="ok")
    web.post(admin, f"{address}/test", form_on=address)
    assert "The test was taken" in admin.get(address).get_data(as_text=True)
    assert "This is a test." in json.dumps(json.loads(hook.calls[0].request.body))
    responses.replace(responses.POST, HOOK, status=404)
    web.post(admin, f"{address}/test", form_on=address)
    assert "The test was not taken: the chat refuses the message: HTTP 404" in admin.get(address).get_data(as_text=True)

    fields = {"name": "Words", "way": "slack", "address": "", "sends": "daily", "texts": "on"}
    sent(web, admin, address, **fields)
    with web.parts.database.read() as session:
        row = session.scalars(select(ReportRoute)).one()
    assert (row.name, row.sends, row.texts, row.images, row.enabled) == ("Words", ["daily"], True, False, False)
    page = admin.get("/reports/routes").get_data(as_text=True)
    assert "with customers&#39; words" in page or "with customers' words" in page
    assert sent(web, admin, address, **{**fields, "name": ""}).status_code == 422
    web.post(admin, f"{address}/remove", form_on=address)
    assert admin.get(address).status_code == 404
    actions = [entry[1] for entry in web.audited() if "route" in entry[1]]
    assert actions == [
        "add report route", "test report route", "test report route", "change report route", "remove report route",
    ]  # fmt: skip
    assert not any("secret" in " ".join(map(str, entry)) for entry in web.audited())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"address": "https://169.254.169.254/latest"}, "must be the address of an incoming webhook"),
        ({"address": "http://hooks.slack.com/x"}, "must be the address of an incoming webhook"),
        ({"way": "mail", "address": "nobody"}, "That is no e-mail address"),
        ({"sends": []}, "Choose at least one thing"),
        ({"installation": "nobody"}, "There is no such helpdesk"),
    ],
)
def test_a_route_that_cannot_be_is_told_why(web: Any, fields: dict[str, Any], words: str) -> None:
    answer = add(web, web.admin(), **fields)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_what_is_in_doubt_is_sent_again_when_somebody_says_so(web: Any) -> None:
    admin = web.admin()
    address = add(web, admin).headers["Location"]
    with web.parts.database.begin() as session:
        route = session.scalars(select(ReportRoute)).one()
        row = ReportSent(route_id=route.id, kind="weekly", period="2026-02-23", state=Sending.HANDING_OVER,
                         claimed_at=web.clock(), due_at=web.clock(), attempts=1, error="lost")  # fmt: skip
        session.add(row)
        session.flush()
        number = row.id
    assert "in doubt" in admin.get("/reports/routes").get_data(as_text=True)
    web.post(admin, f"{address}/again/{number}", form_on=address)
    assert "It is sent within a minute." in admin.get(address).get_data(as_text=True)
    web.post(admin, f"{address}/again/{number}", form_on=address)
    assert "There was nothing to send again." in admin.get(address).get_data(as_text=True)
    assert web.post(admin, f"{address}/again/999", form_on=address).status_code == 404


def test_a_mail_route_says_that_no_mail_server_is_set(web: Any) -> None:
    admin = web.admin()
    address = add(web, admin, way="mail", address="team@acme.example").headers["Location"]
    assert "No mail can be sent" in admin.get("/reports/routes").get_data(as_text=True)
    web.post(admin, f"{address}/test", form_on=address)
    assert "no mail server is set" in admin.get(address).get_data(as_text=True)


def test_an_image_is_for_whoever_has_its_signed_address_and_for_a_month(web: Any, clock: Any) -> None:
    with web.parts.database.begin() as session:
        name = report_images.keep(session, b"\x89PNG picture", now=clock())
    address = image_url(web.parts.settings, name)
    answer = web.client().get(address)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "image/png", b"\x89PNG picture")
    assert web.client().get(f"/reports/images/{name}.png").status_code == 404, "the name alone does not do"
    clock.now += timedelta(days=31)
    assert web.client().get(address).status_code == 404
