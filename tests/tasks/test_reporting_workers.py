"""Reports are sent once by real workers: told several times at once, and by one that is killed while it hands over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis
from house import House, inhabited, until
from mail_server import Mailbox, mail_server
from sqlalchemy import select

from service.store.report_models import ReportSent, Sending, Sends, Way
from service.store.report_routes import Wanted, add
from service.store.secrets import SecretBox
from tasks.celery_app import publisher


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as made:
        yield made


@pytest.fixture
def house(request: pytest.FixtureRequest, box: Mailbox) -> Iterator[House]:
    """A route whose daily report is due; the hour is this one, so that it is not too late for it either."""
    with inhabited(request, sqlite=True) as house:
        house.more |= {
            "DESKMARK_SMTP_URL": f"smtp://127.0.0.1:{box.port}",
            "DESKMARK_MAIL_FROM": "deskmark@acme.example",
            "DESKMARK_REPORT_HOUR": str(datetime.now(UTC).hour),
        }
        secrets = SecretBox(house.settings.secret_key.get_secret_value())
        with house.database.begin() as session:
            wanted = Wanted("Team", Way.MAIL, "team@acme.example", (Sends.DAILY,))
            add(session, secrets, wanted, by="tests", now=datetime.now(UTC) - timedelta(days=2))
        house.start("writeback")
        yield house


def tell(house: House, times: int = 1) -> None:
    """Send what beat sends."""
    sender = publisher(house.settings)
    for _ in range(times):
        sender.send_task("deskmark.reports", queue="writeback")


def idle(house: House) -> bool:
    """Whether no message waits or is in a worker's hands."""
    client = redis.Redis.from_url(house.settings.broker)
    return client.llen("writeback") == 0 and client.hlen("unacked") == 0


def state(house: House) -> str:
    with house.database.read() as session:
        row = session.scalars(select(ReportSent)).one_or_none()
        return row.state if row is not None else ""


def test_told_by_several_beats_it_is_sent_once_and_not_again_by_the_next_worker(house: House, box: Mailbox) -> None:
    tell(house, 6)
    until(lambda: state(house) == Sending.SENT, "the report is sent")
    house.kill("writeback")
    house.start("writeback")
    before = len(box.mails)
    tell(house, 2)
    box.replies = ["550 not again"]
    until(lambda: idle(house), "the worker has looked")
    assert before == len(box.mails) == 1


def test_a_worker_that_is_killed_while_it_hands_over_leaves_it_in_doubt(house: House, box: Mailbox) -> None:
    box.replies = ["hold"]
    tell(house)
    until(lambda: box.held, "the mail server has the message")
    house.kill("writeback")
    box.released.set()
    house.start("writeback")
    tell(house, 2)
    until(lambda: idle(house), "the worker has looked")
    assert state(house) == Sending.HANDING_OVER, "nobody knows whether it arrived: a person decides"
    assert len(box.mails) <= 1
